#if PostgreSQL
  internal import CPostgreSQL
#endif

/// Where PostgreSQL servers are, and how to get in: `postgres://user:password@host:5432,host2/database?sslmode=require`.
///
/// Every part may be missing; libpq's own defaults and environment variables apply then. The names of the query are
/// libpq's connection parameters; a host may be given as one, too, if it is the folder of a Unix-domain socket:
/// `postgres:///database?host=/var/run/postgresql`.
public struct PostgreSQLConfiguration: Sendable, Hashable {
  /// Names and values of connection parameters, as libpq knows them.
  public var parameters: [String: String]
  /// The name for logs and errors.
  public var name: String

  static let schemes = ["postgres", "postgresql"]

  /// Reads a URL.
  ///
  /// - Throws: ``MessageQueueError`` with the code `invalidURL`, naming the part and its value.
  public init(_ url: MessageQueueURL) throws(MessageQueueError) {
    name = url.description
    // A server that is silent for some seconds is given up by whoever waits for it; these are for the rest.
    parameters = ["application_name": "socketio", "keepalives_idle": "10"]
    for (name, value) in url.query { parameters[name] = value }
    parameters["connect_timeout"] = parameters["connect_timeout"] ?? "5"
    if !url.hosts.isEmpty {
      parameters["host"] = url.hosts.map(\.name).joined(separator: ",")
      parameters["port"] = url.hosts.map { $0.port.map(String.init) ?? "" }.joined(separator: ",")
    }
    if let user = url.user, !user.isEmpty { parameters["user"] = user }
    if let password = url.password { parameters["password"] = password }
    if let database = url.pathComponents.first {
      guard url.pathComponents.count == 1 else {
        throw MessageQueueError(
          .invalidURL, "the path of \(url) is \"\(url.path)\", but must be the name of a database")
      }
      parameters["dbname"] = database
    }
    for (name, value) in parameters where (name + value).utf8.contains(0) {
      throw MessageQueueError(.invalidURL, "\(name) of \(url) has a zero byte")
    }
  }

  /// Makes the driver for PostgreSQL by LISTEN and NOTIFY, with the C library libpq.
  ///
  /// Payloads that are text and shorter than 8,000 bytes are sent as they are, others in base64. What is too long for
  /// that goes through a table, `socketio_payloads`, which is made when it is first needed, and whose rows are removed
  /// after a minute. A payload is confirmed when its transaction is.
  ///
  /// - Throws: ``MessageQueueError`` with the code `unavailable` if the package was built without its trait `PostgreSQL`,
  ///   or if the library is missing.
  public func makeDriver() throws(MessageQueueError) -> any MessageQueueDriver {
    #if PostgreSQL
      guard cpostgresql_load() != nil else {
        throw MessageQueueError(.unavailable, "PostgreSQL cannot be used: \(String(cString: cpostgresql_error()))")
      }
      return LibraryDriver("postgresql") { PostgreSQLConnection(self) }
    #else
      throw MessageQueueError(
        .unavailable,
        "this program was built without PostgreSQL: install libpq-dev and build with the package trait PostgreSQL")
    #endif
  }

  static var entry: MessageQueueRegistry.Entry {
    .init(schemes: schemes) { url, _ throws(MessageQueueError) in try Self(url).makeDriver() }
  }
}
