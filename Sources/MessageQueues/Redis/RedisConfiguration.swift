/// Where a Redis or Valkey server is, and how to get in.
///
/// | URL | |
/// | --- | --- |
/// | `redis://user:password@host:6379/0` | plain; every part may be missing. Also `valkey://`. |
/// | `rediss://…` | over TLS; `?ca=FILE` names the authorities. Also `valkeys://`. |
/// | `unix:///run/redis.sock?db=0` | a Unix-domain socket. Also `redis+unix://`, `redis+socket://`, `valkey+unix://`. |
/// | `redis+sentinel://:password@h1:26379,h2/0/mymaster` | the server that Sentinels name. Also `valkey+sentinel://`. |
///
/// `?sentinel_password=` is for the Sentinels themselves.
public struct RedisConfiguration: Sendable, Hashable {
  /// Hosts of the server, or of the Sentinels.
  public var hosts: [MessageQueueURL.Host] = []
  /// The path of a Unix-domain socket, or `nil`.
  public var socketPath: String?
  /// The name of the user, or `nil` for the default one.
  public var user: String?
  /// The password, or `nil`.
  public var password: String?
  /// The number of the database. Channels are the same in all of them.
  public var database = 0
  /// Whether the connection is secured.
  public var usesTLS = false
  /// The authorities that the server's certificate may come from; `nil` stands for those of the system.
  public var authoritiesFile: String?
  /// The name of the service that the Sentinels know, or `nil` without Sentinels.
  public var sentinelService: String?
  /// The password of the Sentinels, or `nil`.
  public var sentinelPassword: String?

  static let schemes = [
    "redis", "rediss", "valkey", "valkeys", "unix", "redis+unix", "redis+socket", "valkey+unix", "redis+sentinel",
    "valkey+sentinel",
  ]

  /// Reads a URL.
  ///
  /// - Throws: ``MessageQueueError`` with the code `invalidURL`, naming the part and its value.
  public init(_ url: MessageQueueURL) throws(MessageQueueError) {
    user = url.user.flatMap { $0.isEmpty ? nil : $0 } ?? url["username"]
    password = url.password ?? url["password"]
    usesTLS = url.scheme == "rediss" || url.scheme == "valkeys"
    authoritiesFile = url["ca"] ?? url["ssl_ca_certs"]
    sentinelPassword = url["sentinel_password"]
    var components = url.pathComponents
    let isUnix = url.scheme == "unix" || url.scheme.hasSuffix("+unix") || url.scheme.hasSuffix("+socket")
    if isUnix {
      guard url.path.count > 1 else {
        throw MessageQueueError(
          .invalidURL, "a URL like \(url.scheme):///run/redis.sock must name the path of a socket")
      }
      socketPath = url.path
      components = []
    } else if url.scheme.hasSuffix("+sentinel") {
      guard components.count == 2 || components.count == 1 else {
        throw MessageQueueError(
          .invalidURL, "a URL like \(url.scheme)://host:26379/0/mymaster must name the database and the service")
      }
      sentinelService = components.removeLast()
      hosts = url.hosts.map { .init(name: $0.name, port: $0.port ?? 26379) }
    } else {
      hosts = url.hosts.map { .init(name: $0.name, port: $0.port ?? 6379) }
    }
    if hosts.isEmpty, !isUnix { hosts = [.init(name: "localhost", port: sentinelService == nil ? 6379 : 26379)] }
    guard let text = components.first ?? url["db"] else { return }
    guard let number = Int(text), number >= 0, components.count <= 1 else {
      throw MessageQueueError(.invalidURL, "the database of \(url) is \"\(text)\", but must be a number from 0")
    }
    database = number
  }
}
