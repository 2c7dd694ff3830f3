import ClusterCodec
import SocketIOCodec
import Testing

struct MessagePackTests {
  static let values: [SocketValue] = [
    nil, true, false, 0, 127, 128, 255, 256, 65_535, 65_536, .int(.max), -1, -32, -33, -128, -129, -32_768, -32_769,
    .int(Int64(Int32.min)), .int(Int64(Int32.min) - 1), .int(.min), 1.5, -0.0, .double(.infinity), "",
    "ü€😀", .string(String(repeating: "x", count: 31)), .string(String(repeating: "x", count: 32)),
    .string(String(repeating: "x", count: 256)), .string(String(repeating: "x", count: 70_000)), .binary([]),
    .binary([UInt8](repeating: 7, count: 300)), .binary([UInt8](repeating: 7, count: 70_000)), [], [1, [2, [3]]],
    .array((0..<20).map { .int($0) }), .array((0..<70_000).map { _ in nil }), [:], ["a": [true, nil], "": ["b": 1]],
    .object((0..<20).reduce(into: SocketObject()) { $0["k\($1)"] = .int(Int64($1)) }),
  ]

  @Test func valuesComeBack() throws {
    for value in Self.values {
      var bytes: [UInt8] = []
      MessagePack.append(value, to: &bytes)
      #expect(try MessagePack.parse(bytes.span.bytes) == value)
      // Nothing that is cut off, or followed by something, is taken for a value.
      if bytes.count < 400 {
        for count in 0..<bytes.count {
          #expect(throws: MessagePack.Malformed.self) { try MessagePack.parse(Array(bytes[..<count]).span.bytes) }
        }
      }
      #expect(throws: MessagePack.Malformed.self) { try MessagePack.parse((bytes + [0xc0]).span.bytes) }
    }
  }

  /// What others may write: numbers that have no sign, extensions, keys that are no texts.
  @Test func readsWhatIsNotWritten() throws {
    let cases: [([UInt8], SocketValue)] = [
      ([0xcc, 0xff], 255), ([0xcd, 1, 0], 256), ([0xce, 0xff, 0xff, 0xff, 0xff], .int(4_294_967_295)),
      ([0xcf] + [UInt8](repeating: 0xff, count: 8), .double(0x1p64)),
      ([0xca, 0x3f, 0xc0, 0, 0], 1.5), ([0xd4, 0, 0], nil), ([0xd7, 0xff] + [UInt8](repeating: 0, count: 8), nil),
      ([0xc7, 3, 1, 1, 2, 3], nil), ([0x82, 1, 0xc3, 0xc0, 2], ["1": true, "null": 2]),
    ]
    for (bytes, value) in cases { #expect(try MessagePack.parse(bytes.span.bytes) == value, "\(bytes)") }
  }

  @Test func refusesWhatIsNone() {
    let deep = [UInt8](repeating: 0x91, count: 200) + [0xc0]
    for bytes: [UInt8] in [
      [], [0xc1], [0xdd, 0xff, 0xff, 0xff, 0xff], [0xdf, 0xff, 0xff, 0xff, 0xff], [0xc6, 0xff, 0xff, 0xff, 0xff],
      [0xa1, 0xff], [0x81, 0x90, 0xc0], deep,
    ] {
      #expect(throws: MessagePack.Malformed.self) { try MessagePack.parse(bytes.span.bytes) }
    }
  }
}
