/// Reads and writes the JSON text of packets: put another in the place of ``StandardJSON`` to change how values look on
/// the wire, such as how dates or big numbers are written.
///
/// Binary data never reaches it: it stands in the text as objects of the protocol, which the server puts in and takes
/// out. Whether a packet is JSON, and how deep it is nested, has been checked before.
public protocol JSONCodec: Sendable {
  /// The value that a text stands for.
  ///
  /// - Throws: any error; the client is taken to have sent something that cannot be read.
  func decode(_ text: borrowing RawSpan) throws -> SocketValue

  /// Appends the text of a value, without spaces around it.
  ///
  /// - Throws: any error; what was to be sent is not, and the error is logged.
  func encode(_ value: SocketValue, to out: inout [UInt8]) throws
}

/// JSON as JavaScript writes it; see ``JSONText``.
public struct StandardJSON: JSONCodec {
  /// Creates the codec.
  public init() {}

  /// The value that a text stands for.
  public func decode(_ text: borrowing RawSpan) throws -> SocketValue { try JSONText.parse(text) }

  /// Appends the text of a value.
  public func encode(_ value: SocketValue, to out: inout [UInt8]) throws {
    var attachments: [[UInt8]] = []
    JSONText.append(value, to: &out, attachments: &attachments)
  }
}

extension JSONCodec {
  /// Reads values that are separated by commas, and puts attachments where placeholders stand.
  public func decodeElements(_ text: borrowing RawSpan, attachments: [[UInt8]]) throws -> [SocketValue] {
    guard text.byteCount > 0 else { return [] }
    var array = [UInt8(ascii: "[")]
    text.withUnsafeBytes { array.append(contentsOf: $0) }
    array.append(UInt8(ascii: "]"))
    guard case .array(let values) = try decode(array.span.bytes) else {
      throw SocketIOPacketError("the JSON codec made something else of an array")
    }
    guard !attachments.isEmpty else { return values }
    return try values.map { try $0.fillingPlaceholders(attachments) }
  }

  /// Writes values, separated by commas.
  ///
  /// - Returns: the attachments that placeholders in the text stand for.
  public func encodeElements(_ values: [SocketValue], to out: inout [UInt8]) throws -> [[UInt8]] {
    var attachments: [[UInt8]] = []
    for (index, value) in values.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      try encode(value.hasBinary ? value.takingAttachments(&attachments) : value, to: &out)
    }
    return attachments
  }
}

extension SocketValue {
  /// The value with placeholders in the place of binary data.
  fileprivate func takingAttachments(_ attachments: inout [[UInt8]]) -> SocketValue {
    switch self {
    case .binary(let bytes):
      attachments.append(bytes)
      return ["_placeholder": true, "num": .int(Int64(attachments.count - 1))]
    case .array(let values):
      return .array(values.map { $0.takingAttachments(&attachments) })
    case .object(let object):
      var result = SocketObject()
      for (name, value) in object { result.append(name, value.takingAttachments(&attachments)) }
      return .object(result)
    default: return self
    }
  }

  /// The value with binary data in the place of placeholders.
  fileprivate func fillingPlaceholders(_ attachments: [[UInt8]]) throws -> SocketValue {
    switch self {
    case .array(let values): return .array(try values.map { try $0.fillingPlaceholders(attachments) })
    case .object(let object):
      if object["_placeholder"]?.boolValue == true {
        guard let number = object["num"]?.intValue, attachments.indices.contains(Int(clamping: number)) else {
          throw SocketIOPacketError("a placeholder names no attachment")
        }
        return .binary(attachments[Int(number)])
      }
      var result = SocketObject()
      for (name, value) in object { result.append(name, try value.fillingPlaceholders(attachments)) }
      return .object(result)
    default: return self
    }
  }
}
