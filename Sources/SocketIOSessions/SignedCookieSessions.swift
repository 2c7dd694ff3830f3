internal import Crypto
public import EngineIO
internal import Foundation
public import SocketIOCodec
public import SocketIOServer

/// Sessions that live in a cookie, signed with HMAC-SHA256, so that a browser can read them but not change them.
///
/// ```swift
/// let sessions = try SignedCookieSessions(secret: secret)
/// answer.response.headerFields[.setCookie] = try sessions.cookie(for: ["user": "Anna"])
/// options.sessions = sessions
/// ```
/// The server keeps nothing, and every server with the same secret understands the cookie. Socket.IO handlers get a copy:
/// no cookie can be set over a connection that stands.
///
/// The value of the cookie is `JSON.time.signature`, each in URL-safe base64 without padding; the signature covers the
/// name of the cookie, the JSON and the time. Its key is derived from the secret (HKDF with SHA-256, RFC 5869, without
/// salt, with the info `SocketIOSessions signed cookie`).
public struct SignedCookieSessions: SessionStore {
  /// The name of the cookie. Default: `session`.
  public let cookieName: String
  /// How long a cookie is taken after it was made. Default: 31 days.
  public let lifetime: Duration
  private let key: SymmetricKey
  private let now: @Sendable () -> Int64

  /// The shortest secret, in bytes.
  public static let minSecretBytes = 16
  /// What browsers keep of a cookie, its name and its attributes (RFC 6265, section 6.1), in bytes.
  public static let maxCookieBytes = 4096

  /// Creates sessions.
  ///
  /// - Parameters:
  ///   - secret: random bytes that only the servers know, at least ``minSecretBytes``.
  ///   - now: the clock, in seconds since 1970; the system's if none is given.
  /// - Throws: `SocketIOError` with the code `invalidOption`.
  public init(
    secret: [UInt8], cookieName: String = "session", lifetime: Duration = .seconds(31 * 86_400),
    now: (@Sendable () -> Int64)? = nil
  ) throws {
    guard secret.count >= Self.minSecretBytes else {
      throw SocketIOError(
        .invalidOption, "secret has \(secret.count) bytes, but must have at least \(Self.minSecretBytes)")
    }
    let isToken =
      !cookieName.isEmpty && cookieName.utf8.allSatisfy { $0 > 32 && $0 < 127 && !"=;,\"".utf8.contains($0) }
    guard isToken else {
      throw SocketIOError(.invalidOption, "cookieName is \"\(cookieName)\", but must be the name of a cookie")
    }
    guard lifetime >= .seconds(1) else {
      throw SocketIOError(.invalidOption, "lifetime is \(lifetime), but must be at least a second")
    }
    self.cookieName = cookieName
    self.lifetime = lifetime
    self.now = now ?? { Int64(Date().timeIntervalSince1970) }
    // A key for this alone, whatever else the secret is used for (RFC 5869).
    key = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: SymmetricKey(data: secret), info: Array("SocketIOSessions signed cookie".utf8),
      outputByteCount: 32)
  }

  /// The sessions can only be read by those who do not answer a request.
  public var canSave: Bool { false }

  /// The session of the user who sent a request; `nil` if it has none, an expired one, or one that is not signed by us.
  public func session(for request: EngineRequest) -> StoredSession? {
    request.cookie(cookieName).flatMap { values(inCookie: $0) }.map { StoredSession(id: "", values: $0) }
  }

  /// Does nothing: see ``canSave``.
  public func save(_ session: StoredSession) {}

  // MARK: For HTTP handlers

  /// The value of the `Set-Cookie` field that gives a session to a browser.
  ///
  /// - Parameters:
  ///   - values: the session; no secrets, since the browser can read it.
  ///   - isSecure: whether it is sent over HTTPS only.
  /// - Throws: `SocketIOError` with the code `cannotEncode` if the cookie would be longer than browsers keep, or has
  ///   binary data in it.
  public func cookie(for values: [String: SocketValue], isSecure: Bool = false) throws -> String {
    var object = SocketObject()
    for (name, value) in values.sorted(by: { $0.key < $1.key }) { object.append(name, value) }
    var json: [UInt8] = []
    var attachments: [[UInt8]] = []
    JSONText.append(.object(object), to: &json, attachments: &attachments)
    guard attachments.isEmpty else { throw SocketIOError(.cannotEncode, "a session in a cookie has no binary data") }
    let text = "\(Self.encode(json)).\(Self.encode(Array("\(now())".utf8)))"
    let cookie =
      "\(cookieName)=\(text).\(Self.encode(signature(text))); Path=/; HttpOnly; SameSite=Lax; Max-Age=\(lifetime.components.seconds)"
      + (isSecure ? "; Secure" : "")
    guard cookie.utf8.count <= Self.maxCookieBytes else {
      throw SocketIOError(
        .cannotEncode, "the session makes a cookie of \(cookie.utf8.count) bytes; browsers keep \(Self.maxCookieBytes)")
    }
    return cookie
  }

  /// The value of the `Set-Cookie` field that takes the session from a browser.
  public func expiredCookie() -> String { "\(cookieName)=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0" }

  /// The session in the value of a cookie; `nil` if it is expired, or not signed by us.
  public func values(inCookie value: String) -> [String: SocketValue]? {
    let parts = value.split(separator: ".", omittingEmptySubsequences: false)
    guard value.utf8.count <= Self.maxCookieBytes, parts.count == 3, let signature = Self.decode(parts[2]),
      HMAC<SHA256>.isValidAuthenticationCode(
        signature, authenticating: signed("\(parts[0]).\(parts[1])"), using: key),
      let json = Self.decode(parts[0]), let time = Self.decode(parts[1]),
      let made = Int64(String(decoding: time, as: UTF8.self)),
      now() - made < lifetime.components.seconds,
      let object = (try? JSONText.parse(json.span.bytes))?.objectValue
    else { return nil }
    var values: [String: SocketValue] = [:]
    for (name, value) in object { values[name] = value }
    return values
  }

  /// What is signed: the name of the cookie too, so that a cookie cannot be passed off as another one.
  private func signed(_ text: String) -> [UInt8] { Array("\(cookieName)=\(text)".utf8) }

  private func signature(_ text: String) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: signed(text), using: key))
  }

  private static func encode(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  private static func decode(_ text: Substring) -> [UInt8]? {
    let standard = text.replacing("-", with: "+").replacing("_", with: "/")
    return Data(base64Encoded: standard + String(repeating: "=", count: (4 - standard.count % 4) % 4)).map { Array($0) }
  }
}
