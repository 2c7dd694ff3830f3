/// The cookies of a test client, by name.
///
/// A cookie is sent to the paths below its own. Domains do not matter, for there is one server, and a cookie stays until
/// it is replaced or told to go (`Max-Age=0`).
public struct CookieJar: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  private struct Cookie: Hashable {
    var value: String
    var path: String
  }
  private var cookies: [String: Cookie] = [:]

  /// Creates an empty jar.
  public init() {}

  /// Creates a jar of names and values, for all paths.
  public init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { self[name] = value }
  }

  /// The value of a cookie.
  public subscript(name: String) -> String? {
    get { cookies[name]?.value }
    set { cookies[name] = newValue.map { Cookie(value: $0, path: "/") } }
  }

  /// The names of the cookies.
  public var names: [String] { cookies.keys.sorted() }

  /// Does what a `Set-Cookie` field says.
  public mutating func set(_ field: String) {
    let parts = field.split(separator: ";", omittingEmptySubsequences: false).map { $0.trimmed }
    guard let pair = parts.first?.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false), pair.count == 2
    else { return }
    var cookie = Cookie(value: String(pair[1]), path: "/")
    var isOver = false
    for part in parts.dropFirst() {
      let attribute = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      switch (attribute[0].lowercased(), attribute.count > 1 ? String(attribute[1]) : "") {
      case ("path", let path) where path.hasPrefix("/"): cookie.path = path
      case ("max-age", let seconds): isOver = (Int(seconds) ?? 1) <= 0
      case ("expires", let date): isOver = isOver || date.contains(" 1970 ") || date.contains("-1970 ")
      default: break
      }
    }
    cookies[String(pair[0])] = isOver ? nil : cookie
  }

  /// The `Cookie` field for a request, or `nil` if there is nothing to send.
  func field(for path: Substring) -> String? {
    let fitting = cookies.filter { _, cookie in
      cookie.path == "/" || path == cookie.path
        || path.hasPrefix(cookie.path.hasSuffix("/") ? cookie.path : cookie.path + "/")
    }
    guard !fitting.isEmpty else { return nil }
    return fitting.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.value)" }.joined(separator: "; ")
  }
}

extension StringProtocol {
  /// The text without white space at its ends.
  var trimmed: String {
    var text = Substring(self)
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
