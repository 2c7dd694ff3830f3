internal import AsyncModes
internal import HTTPCodec

/// A cookie with the session id, set by the answer to a handshake, for load balancers that keep a client on one server
/// by it (RFC 6265).
public struct EngineCookie: Sendable, Hashable {
  /// When browsers send a cookie with requests from other sites.
  public enum SameSite: String, Sendable, Hashable {
    /// Never.
    case strict = "Strict"
    /// Only when a user follows a link.
    case lax = "Lax"
    /// Always; browsers then want ``EngineCookie/isSecure``.
    case none = "None"
  }

  /// The name. Other implementations call it `io`.
  public var name: String
  /// The path below which it is sent. Default: `/`.
  public var path: String? = "/"
  /// The domain, with everything below it, that it is sent to. Default: this host alone.
  public var domain: String?
  /// Whether it is sent over encrypted connections only. Default: false.
  public var isSecure = false
  /// Whether it is hidden from scripts. Default: true.
  public var isHTTPOnly = true
  /// When it is sent across sites; `nil` leaves it to the browser. Default: `lax`.
  public var sameSite: SameSite? = .lax
  /// How long it is kept. Default: until the browser is closed.
  public var maxAge: Duration?

  /// Creates a cookie with a name and the default attributes.
  public init(name: String) { self.name = name }

  func validate() throws(AsyncModeError) {
    guard HTTPResponseEncoder.isValid(name: name, value: "") else {
      throw AsyncModeError(.invalidOption, "cookie.name is \"\(name)\", but must be a token, such as io")
    }
    for (option, value) in [("path", path), ("domain", domain)] {
      guard let value else { continue }
      guard !value.isEmpty, HTTPResponseEncoder.isValid(name: "a", value: value), !value.contains(";") else {
        throw AsyncModeError(
          .invalidOption, "cookie.\(option) is \"\(value)\", but must not be empty nor have semicolons or line breaks")
      }
    }
    if let maxAge, maxAge < .seconds(1) {
      throw AsyncModeError(.invalidOption, "cookie.maxAge is \(maxAge), but must be at least 1 s")
    }
    if sameSite == SameSite.none, !isSecure {
      throw AsyncModeError(.invalidOption, "cookie.sameSite is none, which browsers take only with isSecure")
    }
  }

  /// The header field in wire form.
  func field(value: String) -> String {
    var text = "Set-Cookie: \(name)=\(value)"
    if let path { text += "; Path=\(path)" }
    if let domain { text += "; Domain=\(domain)" }
    if let maxAge { text += "; Max-Age=\(maxAge.clampedNanoseconds / 1_000_000_000)" }
    if isSecure { text += "; Secure" }
    if isHTTPOnly { text += "; HttpOnly" }
    if let sameSite { text += "; SameSite=\(sameSite.rawValue)" }
    return text + "\r\n"
  }
}
