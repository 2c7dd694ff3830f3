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
}
