#if RabbitMQ
  internal import CRabbitMQ
#endif

/// Where RabbitMQ servers are, and how to get in.
///
/// | URL | |
/// | --- | --- |
/// | `amqp://user:password@h1:5672,h2/vhost` | plain; every part may be missing: `guest`, `guest`, `localhost`, `/` |
/// | `amqps://…?ca=FILE` | over TLS; `ca` names the authorities (Debian's by default) |
///
/// As with Kombu, a path of one slash or none stands for the virtual host `/`, and `//` does too.
public struct RabbitMQConfiguration: Sendable, Hashable {
  /// The servers, which are tried in their order.
  public var hosts: [MessageQueueURL.Host]
  /// The name of the user.
  public var user: String
  /// The password.
  public var password: String
  /// The virtual host.
  public var virtualHost: String
  /// The authorities that the server's certificate may come from, for TLS; `nil` without TLS.
  public var authoritiesFile: String?

  static let schemes = ["amqp", "amqps", "pyamqp", "librabbitmq"]

  /// Reads a URL.
  ///
  /// - Throws: ``MessageQueueError`` with the code `invalidURL`, naming the part and its value.
  public init(_ url: MessageQueueURL) throws(MessageQueueError) {
    let isSecure = url.scheme == "amqps"
    user = url.user ?? "guest"
    password = url.password ?? "guest"
    let path = url.path.dropFirst()
    virtualHost = path.isEmpty ? "/" : String(path)
    hosts = url.hosts.map { .init(name: $0.name, port: $0.port ?? (isSecure ? 5671 : 5672)) }
    if hosts.isEmpty { hosts = [.init(name: "localhost", port: isSecure ? 5671 : 5672)] }
    if isSecure { authoritiesFile = url["ca"] ?? "/etc/ssl/certs/ca-certificates.crt" }
    for (name, value) in [("user", user), ("password", password), ("virtual host", virtualHost)]
    where value.utf8.contains(0) || value.utf8.count > 255 {
      throw MessageQueueError(.invalidURL, "the \(name) of \(url) has a zero byte or more than 255 bytes")
    }
  }

  /// Makes the driver for RabbitMQ, by the C library librabbitmq.
  ///
  /// Channels are fanout exchanges that are not durable, as Kombu makes them. Each session has one connection, and a
  /// queue that is its own and goes with it. What a server does not fetch waits at RabbitMQ, up to 64 MiB; what goes
  /// beyond it is dropped there, the oldest first. Payloads are confirmed by publisher confirms.
  ///
  /// - Throws: ``MessageQueueError`` with the code `unavailable` if the package was built without its trait `RabbitMQ`, or
  ///   if the library is missing.
  public func makeDriver() throws(MessageQueueError) -> any MessageQueueDriver {
    #if RabbitMQ
      if let why = crabbitmq_load() {
        throw MessageQueueError(.unavailable, "RabbitMQ cannot be used: \(String(cString: why))")
      }
      return LibraryDriver("rabbitmq") { RabbitMQConnection(self) }
    #else
      throw MessageQueueError(
        .unavailable,
        "this program was built without RabbitMQ: install librabbitmq-dev and build with the package trait RabbitMQ")
    #endif
  }

  static var entry: MessageQueueRegistry.Entry {
    .init(schemes: schemes) { url, _ throws(MessageQueueError) in try Self(url).makeDriver() }
  }
}
