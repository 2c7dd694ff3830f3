public import SocketIOCodec

/// Writes pickles of protocol 2, which every Python from 2.3 on reads.
///
/// There is no opcode for bytes in this protocol; they are written as Python does it, as a call of `_codecs.encode`.
public struct PickleWriter {
  /// What has been written.
  public private(set) var bytes: [UInt8] = [0x80, 2]

  /// Starts a pickle.
  public init() {}

  /// Ends the pickle, which must hold one value.
  public consuming func finish() -> [UInt8] {
    bytes.append(UInt8(ascii: "."))
    return bytes
  }

  /// Writes a text.
  public mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in
      bytes.append(UInt8(ascii: "X"))
      appendLength(utf8.count)
      bytes.append(contentsOf: utf8)
    }
  }

  /// Writes None.
  public mutating func appendNone() { bytes.append(UInt8(ascii: "N")) }

  /// Writes a number.
  public mutating func append(_ number: Int64) {
    if let small = Int32(exactly: number) {
      bytes.append(UInt8(ascii: "J"))
      appendLength(Int(UInt32(bitPattern: small)))
    } else {
      bytes += [0x8a, 8]
      for shift in stride(from: Int64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
  }

  /// Writes a list of what `body` writes.
  public mutating func appendList(_ body: (inout PickleWriter) -> Void) {
    bytes += [UInt8(ascii: "]"), UInt8(ascii: "(")]
    body(&self)
    bytes.append(UInt8(ascii: "e"))
  }

  /// Writes a tuple of what `body` writes.
  public mutating func appendTuple(_ body: (inout PickleWriter) -> Void) {
    bytes.append(UInt8(ascii: "("))
    body(&self)
    bytes.append(UInt8(ascii: "t"))
  }

  /// Writes a dictionary of what `body` writes: names and values in turn.
  public mutating func appendDictionary(_ body: (inout PickleWriter) -> Void) {
    bytes += [UInt8(ascii: "}"), UInt8(ascii: "(")]
    body(&self)
    bytes.append(UInt8(ascii: "u"))
  }

  /// Writes a value.
  public mutating func append(_ value: SocketValue) {
    switch value {
    case .null: appendNone()
    case .bool(let value): bytes.append(value ? 0x88 : 0x89)
    case .int(let value): append(value)
    case .double(let value):
      bytes.append(UInt8(ascii: "G"))
      for shift in stride(from: UInt64(56), through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
      }
    case .string(let value): append(value)
    case .array(let values): appendList { writer in for value in values { writer.append(value) } }
    case .object(let object):
      appendDictionary { writer in
        for (name, value) in object {
          writer.append(name)
          writer.append(value)
        }
      }
    case .binary(let content): append(content)
    }
  }

  private mutating func append(_ content: [UInt8]) {
    bytes += Array("c_codecs\nencode\n(X".utf8)
    appendLength(content.count + content.count { $0 >= 0x80 })
    for byte in content {
      if byte < 0x80 {
        bytes.append(byte)
      } else {
        bytes.append(0xc0 | byte >> 6)
        bytes.append(0x80 | byte & 0x3f)
      }
    }
    append("latin1")
    bytes += [UInt8(ascii: "t"), UInt8(ascii: "R")]
  }

  private mutating func appendLength(_ length: Int) {
    for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: length >> shift)) }
  }
}
