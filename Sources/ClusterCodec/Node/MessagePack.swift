public import SocketIOCodec

/// Values as MessagePack, as far as Socket.IO has values.
///
/// Numbers beyond 64 bits with a sign become floating-point, keys of maps become texts, and extension types, which stand
/// for `undefined` and dates in JavaScript, become null.
public enum MessagePack {
  /// What cannot be read.
  public struct Malformed: Error, Sendable, Hashable {
    /// Why.
    public let message: String
  }

  // MARK: Writing

  /// Appends a value.
  public static func append(_ value: SocketValue, to out: inout [UInt8]) {
    switch value {
    case .null: out.append(0xc0)
    case .bool(let flag): out.append(flag ? 0xc3 : 0xc2)
    case .int(let number): append(number, to: &out)
    case .double(let number):
      out.append(0xcb)
      append(number.bitPattern, bytes: 8, to: &out)
    case .string(let text): append(text, to: &out)
    case .binary(let bytes):
      appendCount(bytes.count, fixed: nil, [0xc4, 0xc5, 0xc6], to: &out)
      out += bytes
    case .array(let values):
      appendCount(values.count, fixed: (0x90, 16), [nil, 0xdc, 0xdd], to: &out)
      for value in values { append(value, to: &out) }
    case .object(let object):
      appendCount(object.count, fixed: (0x80, 16), [nil, 0xde, 0xdf], to: &out)
      for (key, value) in object {
        append(key, to: &out)
        append(value, to: &out)
      }
    }
  }

  static func append(_ text: String, to out: inout [UInt8]) {
    appendCount(text.utf8.count, fixed: (0xa0, 32), [0xd9, 0xda, 0xdb], to: &out)
    out += text.utf8
  }

  private static func append(_ number: Int64, to out: inout [UInt8]) {
    switch number {
    case -32...127: out.append(UInt8(truncatingIfNeeded: number))
    case Int64(Int8.min)...Int64(Int8.max):
      out.append(0xd0)
      append(UInt64(bitPattern: number), bytes: 1, to: &out)
    case Int64(Int16.min)...Int64(Int16.max):
      out.append(0xd1)
      append(UInt64(bitPattern: number), bytes: 2, to: &out)
    case Int64(Int32.min)...Int64(Int32.max):
      out.append(0xd2)
      append(UInt64(bitPattern: number), bytes: 4, to: &out)
    default:
      out.append(0xd3)
      append(UInt64(bitPattern: number), bytes: 8, to: &out)
    }
  }

  private static func append(_ bits: UInt64, bytes: Int, to out: inout [UInt8]) {
    for index in (0..<bytes).reversed() { out.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * index))) }
  }

  /// Appends a length: within the type if it is short, and behind the type of 1, 2 or 4 bytes otherwise.
  private static func appendCount(
    _ count: Int, fixed: (type: UInt8, limit: Int)?, _ types: [UInt8?], to out: inout [UInt8]
  ) {
    if let fixed, count < fixed.limit { return out.append(fixed.type | UInt8(count)) }
    for (type, bytes) in zip(types, [1, 2, 4]) {
      guard let type, count < 1 << (8 * bytes) else { continue }
      out.append(type)
      return append(UInt64(count), bytes: bytes, to: &out)
    }
  }

  // MARK: Reading

  /// Reads one value.
  ///
  /// - Parameter maxDepth: how deep values may lie in each other.
  /// - Throws: ``Malformed`` if the bytes are none, or more than that.
  public static func parse(_ bytes: RawSpan, maxDepth: Int = 128) throws(Malformed) -> SocketValue {
    try bytes.withUnsafeBytes { bytes throws(Malformed) in
      var reader = Reader(bytes: bytes)
      let value = try reader.value(maxDepth)
      guard reader.offset == bytes.count else { throw Malformed(message: "something follows the value") }
      return value
    }
  }

  private struct Reader {
    let bytes: UnsafeRawBufferPointer
    var offset = 0

    mutating func number(_ count: Int) throws(Malformed) -> UInt64 {
      guard count <= bytes.count - offset else { throw Malformed(message: "it ends in the middle of a value") }
      var number: UInt64 = 0
      for index in 0..<count { number = number << 8 | UInt64(bytes[offset + index]) }
      offset += count
      return number
    }

    mutating func take(_ count: Int) throws(Malformed) -> UnsafeRawBufferPointer {
      guard count <= bytes.count - offset else { throw Malformed(message: "it ends in the middle of a value") }
      defer { offset += count }
      return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    mutating func text(_ count: Int) throws(Malformed) -> SocketValue {
      guard let text = String(validating: try take(count), as: UTF8.self) else {
        throw Malformed(message: "a text is not UTF-8")
      }
      return .string(text)
    }

    mutating func value(_ depth: Int) throws(Malformed) -> SocketValue {
      let type = UInt8(try number(1))
      switch type {
      case 0x00...0x7f: return .int(Int64(type))
      case 0xe0...0xff: return .int(Int64(Int8(bitPattern: type)))
      case 0x80...0x8f: return try map(Int(type & 15), depth)
      case 0x90...0x9f: return try array(Int(type & 15), depth)
      case 0xa0...0xbf: return try text(Int(type & 31))
      case 0xc0: return .null
      case 0xc2: return .bool(false)
      case 0xc3: return .bool(true)
      case 0xc4: return .binary(Array(try take(Int(try number(1)))))
      case 0xc5: return .binary(Array(try take(Int(try number(2)))))
      case 0xc6: return .binary(Array(try take(Int(try number(4)))))
      case 0xc7: return try skip(Int(try number(1)))
      case 0xc8: return try skip(Int(try number(2)))
      case 0xc9: return try skip(Int(try number(4)))
      case 0xca: return .double(Double(Float(bitPattern: UInt32(try number(4)))))
      case 0xcb: return .double(Double(bitPattern: try number(8)))
      case 0xcc: return .int(Int64(try number(1)))
      case 0xcd: return .int(Int64(try number(2)))
      case 0xce: return .int(Int64(try number(4)))
      case 0xcf:
        let number = try number(8)
        return Int64(exactly: number).map { .int($0) } ?? .double(Double(number))
      case 0xd0: return .int(Int64(Int8(truncatingIfNeeded: try number(1))))
      case 0xd1: return .int(Int64(Int16(truncatingIfNeeded: try number(2))))
      case 0xd2: return .int(Int64(Int32(truncatingIfNeeded: try number(4))))
      case 0xd3: return .int(Int64(bitPattern: try number(8)))
      case 0xd4...0xd8: return try skip(1 << Int(type - 0xd4))
      case 0xd9: return try text(Int(try number(1)))
      case 0xda: return try text(Int(try number(2)))
      case 0xdb: return try text(Int(try number(4)))
      case 0xdc: return try array(Int(try number(2)), depth)
      case 0xdd: return try array(Int(try number(4)), depth)
      case 0xde: return try map(Int(try number(2)), depth)
      case 0xdf: return try map(Int(try number(4)), depth)
      default: throw Malformed(message: "a value has the type \(type), which does not exist")
      }
    }

    /// An extension: its type, then its content.
    private mutating func skip(_ count: Int) throws(Malformed) -> SocketValue {
      _ = try take(1)
      _ = try take(count)
      return .null
    }

    /// Each value takes a byte at least: a count is no reason to reserve memory for what is not there.
    private func check(_ count: Int, _ depth: Int) throws(Malformed) {
      guard depth > 0 else { throw Malformed(message: "values lie too deep in each other") }
      guard count <= bytes.count - offset else { throw Malformed(message: "it ends in the middle of a value") }
    }

    private mutating func array(_ count: Int, _ depth: Int) throws(Malformed) -> SocketValue {
      try check(count, depth)
      var values: [SocketValue] = []
      for _ in 0..<count { values.append(try value(depth - 1)) }
      return .array(values)
    }

    private mutating func map(_ count: Int, _ depth: Int) throws(Malformed) -> SocketValue {
      try check(count, depth)
      var object = SocketObject()
      for _ in 0..<count {
        let key: String
        switch try value(depth - 1) {
        case .string(let text): key = text
        case .int(let number): key = "\(number)"
        case .bool(let flag): key = "\(flag)"
        case .null: key = "null"
        default: throw Malformed(message: "a key is no text")
        }
        object.append(key, try value(depth - 1))
      }
      return .object(object)
    }
  }
}
