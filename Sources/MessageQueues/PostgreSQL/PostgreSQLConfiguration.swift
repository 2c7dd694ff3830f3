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
        throw MessageQueueError(.invalidURL, "the path of \(url) is \"\(url.path)\", but must be the name of a database")
      }
      parameters["dbname"] = database
    }
    for (name, value) in parameters where (name + value).utf8.contains(0) {
      throw MessageQueueError(.invalidURL, "\(name) of \(url) has a zero byte")
    }
  }
}
