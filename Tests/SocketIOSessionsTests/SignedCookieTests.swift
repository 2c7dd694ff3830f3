import SocketIOCodec
import SocketIOServer
import SocketIOSessions
import Synchronization
import Testing

@Suite
struct SignedCookieTests {
  private static let secret = Array("sixteen bytes or more".utf8)
  private let values: [String: SocketValue] = ["user": "Anna 🎉", "visits": 3, "tags": ["a", nil, true]]

  private func value(_ cookie: String) -> String {
    String(cookie.prefix { $0 != ";" }.drop { $0 != "=" }.dropFirst())
  }

  @Test
  func sessionsComeBack() throws {
    let sessions = try SignedCookieSessions(secret: Self.secret)
    let cookie = try sessions.cookie(for: values, isSecure: true)
    #expect(cookie.hasPrefix("session=") && cookie.hasSuffix("; Secure") && cookie.contains("HttpOnly"))
    #expect(sessions.values(inCookie: value(cookie)) == values)
    #expect(sessions.values(inCookie: value(sessions.expiredCookie())) == nil)
  }

  /// What Python's `hmac` makes of the same session, with a key by the two steps of RFC 5869.
  @Test
  func anotherImplementationMakesTheSameCookie() throws {
    let sessions = try SignedCookieSessions(secret: Array(repeating: 7, count: 16), now: { 1_700_000_000 })
    let cookie = try sessions.cookie(for: ["user": "Anna"])
    #expect(
      value(cookie) == "eyJ1c2VyIjoiQW5uYSJ9.MTcwMDAwMDAwMA.6o5U_O-y8dYMtP7kbLFYDc_qiPNXbSXXLI66KuYvJ6k")
  }

  @Test
  func nothingCanBeChanged() throws {
    let sessions = try SignedCookieSessions(secret: Self.secret)
    let good = Array(value(try sessions.cookie(for: values)).utf8)
    for index in good.indices {
      // The last character of a part has bits that do not count.
      if index + 1 == good.endIndex || good[index + 1] == UInt8(ascii: ".") || good[index] == UInt8(ascii: ".") {
        continue
      }
      var bad = good
      bad[index] = bad[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      #expect(sessions.values(inCookie: String(decoding: bad, as: UTF8.self)) == nil)
      #expect(sessions.values(inCookie: String(decoding: good[..<index], as: UTF8.self)) == nil)
    }
    let text = String(decoding: good, as: UTF8.self)
    #expect(try SignedCookieSessions(secret: Self.secret + [1]).values(inCookie: text) == nil)
    #expect(try SignedCookieSessions(secret: Self.secret, cookieName: "other").values(inCookie: text) == nil)
    for garbage in ["", ".", "..", "...", "a.b.c", "\u{0}", String(repeating: "A", count: 100_000)] {
      #expect(sessions.values(inCookie: garbage) == nil)
    }
  }

  @Test
  func cookiesExpire() throws {
    let clock = Clock()
    let sessions = try SignedCookieSessions(
      secret: Self.secret, lifetime: .seconds(60), now: { clock.time.load(ordering: .relaxed) })
    let text = value(try sessions.cookie(for: values))
    clock.time.store(1059, ordering: .relaxed)
    #expect(sessions.values(inCookie: text) != nil)
    clock.time.store(1060, ordering: .relaxed)
    #expect(sessions.values(inCookie: text) == nil)
  }

  /// A clock that the test holds.
  private final class Clock: Sendable {
    let time = Atomic<Int64>(1000)
  }

  @Test
  func wrongValuesAreNamed() throws {
    #expect { try SignedCookieSessions(secret: [1, 2]) } throws: { "\($0)".contains("secret has 2 bytes") }
    #expect { try SignedCookieSessions(secret: Self.secret, cookieName: "a b") } throws: { "\($0)".contains("\"a b\"") }
    #expect { try SignedCookieSessions(secret: Self.secret, lifetime: .zero) } throws: { "\($0)".contains("lifetime") }
    let sessions = try SignedCookieSessions(secret: Self.secret)
    #expect { try sessions.cookie(for: ["x": .string(String(repeating: "x", count: 5000))]) } throws: {
      "\($0)".contains("4096")
    }
    #expect { try sessions.cookie(for: ["x": .binary([1])]) } throws: { ($0 as? SocketIOError)?.code == .cannotEncode }
  }
}
