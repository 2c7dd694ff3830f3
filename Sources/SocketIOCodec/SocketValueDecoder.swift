/// Makes values of a program's own types out of ``SocketValue``.
public struct SocketValueDecoder: Sendable {
  /// Creates a decoder.
  public init() {}

  /// Decodes a value.
  ///
  /// Whole numbers decode as any integer type that holds them, binary data as `[UInt8]`, `null` as `nil`.
  ///
  /// - Throws: `DecodingError` if the value is of another type.
  public func decode<Value: Decodable>(_ type: Value.Type, from value: SocketValue) throws -> Value {
    try DecodingNode(value: value, codingPath: []).decode(type)
  }
}

/// One value on its way to a program's type.
private struct DecodingNode: Decoder, SingleValueDecodingContainer {
  let value: SocketValue
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func mismatch(_ type: Any.Type) -> DecodingError {
    let kind =
      switch value {
      case .null: "null"
      case .bool: "a truth value"
      case .int, .double: "the number \(value)"
      case .string: "text"
      case .array: "a list"
      case .object: "an object"
      case .binary: "binary data"
      }
    return .typeMismatch(type, .init(codingPath: codingPath, debugDescription: "expected \(type), but it is \(kind)"))
  }

  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    switch type {
    case is SocketValue.Type: if let value = value as? Value { return value }
    case is String.Type: if let text = value.stringValue as? Value { return text }
    case is [UInt8].Type: if let bytes = value.binaryValue as? Value { return bytes }
    default: break
    }
    return try Value(from: self)
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .object(let object) = value else { throw mismatch([String: SocketValue].self) }
    return KeyedDecodingContainer(KeyedNode(object: object, codingPath: codingPath))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    switch value {
    case .array(let values): return UnkeyedNode(values: values, codingPath: codingPath)
    case .binary(let bytes): return UnkeyedNode(values: bytes.map { .int(Int64($0)) }, codingPath: codingPath)
    default: throw mismatch([SocketValue].self)
    }
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

  func decodeNil() -> Bool { value == .null }

  func decode(_ type: Bool.Type) throws -> Bool {
    guard let result = value.boolValue else { throw mismatch(type) }
    return result
  }

  func decode(_ type: String.Type) throws -> String {
    guard let result = value.stringValue else { throw mismatch(type) }
    return result
  }

  func decode(_ type: Double.Type) throws -> Double {
    guard let result = value.doubleValue else { throw mismatch(type) }
    return result
  }

  func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }

  private func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws -> Value {
    switch value {
    case .int(let number): if let result = Value(exactly: number) { return result }
    case .double(let number): if let result = Value(exactly: number) { return result }
    default: break
    }
    throw mismatch(type)
  }

  func decode(_ type: Int.Type) throws -> Int { try integer(type) }
  func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
  func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
  func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
  func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
  func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
}

/// The members of an object.
private struct KeyedNode<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let object: SocketObject
  let codingPath: [any CodingKey]
  /// Of large objects only: a type that asks for each of many members must not look through all of them each time.
  private let index: [String: SocketValue]?

  init(object: SocketObject, codingPath: [any CodingKey]) {
    self.object = object
    self.codingPath = codingPath
    index = object.count > 16 ? Dictionary(object.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }) : nil
  }

  private func value(_ name: String) -> SocketValue? { index.map { $0[name] } ?? object[name] }

  var allKeys: [Key] { object.compactMap { Key(stringValue: $0.name) } }

  func contains(_ key: Key) -> Bool { value(key.stringValue) != nil }

  private func node(_ key: any CodingKey) throws -> DecodingNode {
    guard let value = value(key.stringValue) else {
      throw DecodingError.keyNotFound(
        key, .init(codingPath: codingPath, debugDescription: "there is no member \"\(key.stringValue)\""))
    }
    return DecodingNode(value: value, codingPath: codingPath + [key])
  }

  func decodeNil(forKey key: Key) throws -> Bool { try node(key).decodeNil() }
  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try node(key).decode(type) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> { try node(key).container(keyedBy: type) }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try node(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { try node(PathKey(stringValue: "super")) }
  func superDecoder(forKey key: Key) throws -> any Decoder { try node(key) }
}

/// The elements of a list.
private struct UnkeyedNode: UnkeyedDecodingContainer {
  let values: [SocketValue]
  let codingPath: [any CodingKey]
  private(set) var currentIndex = 0

  init(values: [SocketValue], codingPath: [any CodingKey]) {
    self.values = values
    self.codingPath = codingPath
  }

  var count: Int? { values.count }
  var isAtEnd: Bool { currentIndex >= values.count }

  private mutating func next() throws -> DecodingNode {
    let path = codingPath + [PathKey(intValue: currentIndex)]
    guard currentIndex < values.count else {
      throw DecodingError.valueNotFound(
        SocketValue.self, .init(codingPath: path, debugDescription: "the list has only \(values.count) elements"))
    }
    defer { currentIndex += 1 }
    return DecodingNode(value: values[currentIndex], codingPath: path)
  }

  mutating func decodeNil() throws -> Bool {
    guard currentIndex < values.count, values[currentIndex] == .null else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try next().decode(type) }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> { try next().container(keyedBy: type) }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
  mutating func superDecoder() throws -> any Decoder { try next() }
}

/// A place in a value, for messages.
struct PathKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(stringValue: String) {
    self.stringValue = stringValue
    intValue = nil
  }

  init(intValue: Int) {
    stringValue = "\(intValue)"
    self.intValue = intValue
  }
}

extension SocketValue: Decodable {
  /// Decodes from any format. From a ``SocketValueDecoder`` the value comes as it is.
  public init(from decoder: any Decoder) throws {
    if let node = decoder as? DecodingNode {
      self = node.value
      return
    }
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .int(value)
    } else if let value = try? container.decode(Double.self) {
      self = .double(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let values = try? container.decode([SocketValue].self) {
      self = .array(values)
    } else {
      var object = SocketObject()
      for (name, value) in try container.decode([String: SocketValue].self) { object.append(name, value) }
      self = .object(object)
    }
  }
}
