import AsyncModes
import HTTPServing
import Testing

/// The PROXY header, whole and byte by byte.
struct ProxyHeaderTests {
  private func decode(_ bytes: [UInt8]) -> ProxyHeader { ProxyHeader.decode(bytes.span.bytes) }

  private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]

  /// A header of version 2 with addresses and fields behind them.
  private static func binary(_ command: UInt8, _ family: UInt8, _ content: [UInt8]) -> [UInt8] {
    signature + [0x20 | command, family, UInt8(content.count >> 8), UInt8(content.count & 255)] + content
  }

  static let four: [UInt8] = [203, 0, 113, 7, 10, 0, 0, 1, 0x12, 0x67, 0x01, 0xbb]
  static let six: [UInt8] =
    [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [1] + [UInt8](repeating: 0, count: 16) + [
      0x12, 0x67, 1, 0xbb,
    ]

  static let good: [([UInt8], String?)] = [
    (Array("PROXY TCP4 203.0.113.7 10.0.0.1 4711 443\r\n".utf8), "203.0.113.7:4711"),
    (Array("PROXY TCP6 2001:db8::1 ::1 4711 443\r\n".utf8), "[2001:db8::1]:4711"),
    (Array("PROXY UNKNOWN\r\n".utf8), nil),
    (Array("PROXY UNKNOWN ffff::1 ::1 1 2\r\n".utf8), nil),
    (binary(1, 0x11, four), "203.0.113.7:4711"),
    (binary(1, 0x11, four + [3, 0, 4, 1, 2, 3, 4]), "203.0.113.7:4711"),
    (binary(1, 0x21, six), "[2001:db8::1]:4711"),
    (binary(0, 0, []), nil),
    (binary(0, 0x11, four), nil),
    (binary(1, 0x31, [UInt8](repeating: 0, count: 216)), nil),
  ]

  @Test(arguments: good)
  func headersAreRead(_ header: [UInt8], _ source: String?) throws {
    for length in 0..<header.count { #expect(decode(Array(header[..<length])) == .incomplete) }
    for rest in ["", "GET / HTTP/1.1\r\n"] {
      guard case .complete(let count, let address) = decode(header + Array(rest.utf8)) else {
        Issue.record("the header was not taken")
        return
      }
      #expect(count == header.count)
      #expect(address?.description == source)
    }
  }

  static let bad: [[UInt8]] =
    [
      "GET / HTTP/1.1\r\n", "PROXX", "PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n", "PROXY TCP4 ::1 ::1 1 2\r\n",
      "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n", "PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n",
      "PROXY TCP4 localhost 1.2.3.4 1 2\r\n", "PROXY " + String(repeating: "x", count: 101), "\n",
    ].map { Array($0.utf8) } + [
      binary(2, 0x11, four), binary(1, 0x11, Array(four.dropLast())), binary(1, 0x21, four),
      signature + [0x11, 0x11, 0, 12] + four, signature + [0x21, 0x11, 0xff, 0xff],
    ]

  @Test(arguments: bad)
  func othersAreNot(_ bytes: [UInt8]) { #expect(decode(bytes) == .invalid) }
}
