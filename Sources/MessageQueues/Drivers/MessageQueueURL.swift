/// The parts of the URL of a queue: `scheme://user:password@host:port,host:port/path?name=value`.
///
/// Every part but the scheme may be missing. User, password, path and query are percent-decoded. Drivers say in their
/// own documentation what the parts mean to them.
public struct MessageQueueURL: Sendable, Hashable, CustomStringConvertible {
  /// A host and, if it is named, a port.
  public struct Host: Sendable, Hashable {
    /// The name or numeric address; IPv6 addresses without brackets.
    public var name: String
    /// The port, or `nil` for the usual one.
    public var port: Int?

    /// Creates a host.
    public init(name: String, port: Int? = nil) {
      self.name = name
      self.port = port
    }
  }

  /// The scheme, in lower case.
  public var scheme: String
  /// The name of the user; empty if there is only a password.
  public var user: String?
  /// The password.
  public var password: String?
  /// The hosts, in their order; empty if none is named.
  public var hosts: [Host] = []
  /// The path with its leading slash; empty if there is none.
  public var path = ""
  /// The names and values of the query, in their order.
  public var query: [(name: String, value: String)] = []

  /// Reads a URL.
  ///
  /// - Throws: ``MessageQueueError`` with the code `invalidURL`; the message does not show the password.
  public init(_ text: String) throws(MessageQueueError) {
    guard let separator = text.firstRange(of: "://"), separator.lowerBound > text.startIndex else {
      throw MessageQueueError(.invalidURL, "the URL of a message queue must begin like redis:// or memory://")
    }
    scheme = text[..<separator.lowerBound].lowercased()
    guard scheme.utf8.allSatisfy({ 0x61...0x7a ~= $0 || 0x30...0x39 ~= $0 || [0x2b, 0x2d, 0x2e].contains($0) }) else {
      throw MessageQueueError(.invalidURL, "the scheme of a message queue's URL cannot be \"\(scheme)\"")
    }
    var rest = text[separator.upperBound...]
    if let mark = rest.firstIndex(of: "?") {
      for pair in rest[rest.index(after: mark)...].split(separator: "&") {
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        query.append((try Self.decode(parts[0], "query"), try Self.decode(parts.count > 1 ? parts[1] : "", "query")))
      }
      rest = rest[..<mark]
    }
    if let slash = rest.firstIndex(of: "/") {
      path = try Self.decode(rest[slash...], "path")
      rest = rest[..<slash]
    }
    if let at = rest.lastIndex(of: "@") {
      let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      user = try Self.decode(parts[0], "user")
      if parts.count > 1 { password = try Self.decode(parts[1], "password") }
      rest = rest[rest.index(after: at)...]
    }
    for host in rest.split(separator: ",") { hosts.append(try Self.host(host)) }
  }

  private static func host(_ text: Substring) throws(MessageQueueError) -> Host {
    var name = text
    var port: Substring?
    if text.first == "[" {
      guard let end = text.firstIndex(of: "]") else {
        throw MessageQueueError(.invalidURL, "the host \"\(text)\" of a message queue lacks its closing bracket")
      }
      name = text[text.index(after: text.startIndex)..<end]
      let behind = text[text.index(after: end)...]
      guard behind.isEmpty || behind.first == ":" else {
        throw MessageQueueError(.invalidURL, "the host \"\(text)\" of a message queue cannot be read")
      }
      port = behind.isEmpty ? nil : behind.dropFirst()
    } else if let colon = text.firstIndex(of: ":") {
      name = text[..<colon]
      port = text[text.index(after: colon)...]
    }
    guard let port else { return Host(name: String(name)) }
    guard let number = Int(port), (1...65_535).contains(number) else {
      throw MessageQueueError(.invalidURL, "the port of a message queue is \"\(port)\", but must be from 1 to 65535")
    }
    return Host(name: String(name), port: number)
  }

  private static func decode(_ text: Substring, _ part: String) throws(MessageQueueError) -> String {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      rest = rest.dropFirst(2)
      guard digits.count == 2, let value = UInt8(String(Substring(digits)), radix: 16) else {
        throw MessageQueueError(.invalidURL, "the \(part) of a message queue's URL has a broken percent escape")
      }
      bytes.append(value)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The value of a name in the query.
  public subscript(name: String) -> String? { query.first { $0.name == name }?.value }

  /// The parts of the path between its slashes.
  public var pathComponents: [String] { path.split(separator: "/").map(String.init) }

  /// The URL for logs: without user, password and query.
  public var description: String {
    let hosts = hosts.map { host in
      let name = host.name.contains(":") ? "[\(host.name)]" : host.name
      return host.port.map { "\(name):\($0)" } ?? name
    }
    return "\(scheme)://\(hosts.joined(separator: ","))\(path)"
  }

  /// Whether all parts are the same.
  public static func == (left: Self, right: Self) -> Bool {
    left.scheme == right.scheme && left.user == right.user && left.password == right.password
      && left.hosts == right.hosts && left.path == right.path
      && left.query.elementsEqual(right.query) { $0 == $1 }
  }

  /// Hashes what is shown of it.
  public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}
