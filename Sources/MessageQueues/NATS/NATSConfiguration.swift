/// Where NATS servers are, and how to get in.
///
/// | URL | |
/// | --- | --- |
/// | `nats://user:password@h1:4222,h2` | plain, or over TLS if the server asks for it; every part may be missing |
/// | `nats://token@host` | with a token instead of a user |
/// | `tls://host` | over TLS in any case; `?ca=FILE` names the authorities. Also `nats+tls://` |
public struct NATSConfiguration: Sendable, Hashable {
  /// The servers, which are tried in their order.
  public var hosts: [MessageQueueURL.Host]
  /// The name of the user, or `nil`.
  public var user: String?
  /// The password, or `nil`.
  public var password: String?
  /// The token, or `nil`.
  public var token: String?
  /// Whether a server that does not speak TLS is refused.
  public var requiresTLS: Bool
  /// The authorities that the server's certificate may come from; `nil` stands for those of the system.
  public var authoritiesFile: String?

  static let schemes = ["nats", "tls", "nats+tls"]

  /// Reads a URL.
  ///
  /// - Throws: ``MessageQueueError`` with the code `invalidURL`, naming the part and its value.
  public init(_ url: MessageQueueURL) throws(MessageQueueError) {
    guard url.path.isEmpty || url.path == "/" else {
      throw MessageQueueError(.invalidURL, "the path of \(url) is \"\(url.path)\", but NATS has none")
    }
    hosts = url.hosts.map { .init(name: $0.name, port: $0.port ?? 4222) }
    if hosts.isEmpty { hosts = [.init(name: "localhost", port: 4222)] }
    if let password = url.password {
      user = url.user
      self.password = password
    } else {
      token = url.user
    }
    requiresTLS = url.scheme != "nats"
    authoritiesFile = url["ca"]
  }
}
