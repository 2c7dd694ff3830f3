public import SocketIOCodec

/// The arguments of an event or of an acknowledgement, as they came.
///
/// As the result of a handler it acknowledges with several values.
public struct Arguments: Sendable, Hashable, RandomAccessCollection, ExpressibleByArrayLiteral, Encodable {
  /// The values.
  public var values: [SocketValue]

  /// Takes values.
  public init(_ values: [SocketValue]) { self.values = values }

  /// Takes values.
  public init(arrayLiteral elements: SocketValue...) { values = elements }

  /// The place of the first value.
  public var startIndex: Int { 0 }
  /// The place behind the last value.
  public var endIndex: Int { values.count }

  /// The value at a place; `.null` if the client sent fewer.
  public subscript(position: Int) -> SocketValue { values.indices.contains(position) ? values[position] : .null }

  /// Encodes the values as an array.
  public func encode(to encoder: any Encoder) throws { try values.encode(to: encoder) }

  /// Decodes the value at a place.
  ///
  /// - Throws: `DecodingError` if the value is missing or of another type. A missing value decodes as `nil` if `type` is
  ///   an optional type.
  public func decode<Value: Decodable>(_ type: Value.Type, at position: Int) throws -> Value {
    try SocketValueDecoder().decode(type, from: self[position])
  }
}

extension Arguments {
  /// Encodes arguments of any encodable types; `[UInt8]` becomes binary data.
  ///
  /// - Throws: `EncodingError` if one cannot be encoded.
  public init<each Argument: Encodable>(encoding arguments: repeat each Argument) throws {
    values = []
    for argument in repeat each arguments { values.append(try SocketValue(encoding: argument)) }
  }
}
