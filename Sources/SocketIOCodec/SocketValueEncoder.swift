extension SocketValue {
  /// Makes a value of one of a program's own types; `[UInt8]` becomes binary data.
  ///
  /// - Throws: `EncodingError` if a number does not fit into 64 bits, or what the type itself throws.
  public init<Value: Encodable>(encoding value: Value) throws {
    self = try EncodingNode.value(of: value, [])
  }
}

extension SocketValue: Encodable {
  /// Encodes into any format; binary data as a list of numbers where the format knows nothing better.
  public func encode(to encoder: any Encoder) throws {
    if let node = encoder as? EncodingNode {
      node.result = self
      return
    }
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .int(let value): try container.encode(value)
    case .double(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let values): try container.encode(values)
    case .object(let object):
      try container.encode(Dictionary(object.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))
    case .binary(let bytes): try container.encode(bytes)
    }
  }
}

/// One value of a program's type on its way out. Containers write into it as they are filled.
private final class EncodingNode: Encoder, SingleValueEncodingContainer {
  var codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }
  var result: SocketValue?
  private var members: [(String, EncodingNode)] = []
  private var elements: [EncodingNode] = []
  private var isObject = false
  private var isArray = false

  init(codingPath: [any CodingKey]) { self.codingPath = codingPath }

  static func value<Value: Encodable>(of value: Value, _ path: [any CodingKey]) throws -> SocketValue {
    switch value {
    case let value as SocketValue: return value
    case let value as String: return .string(value)
    case let value as Int: return .int(Int64(value))
    case let value as Bool: return .bool(value)
    case let value as Double: return .double(value)
    // An empty list of whatever elements casts to `[UInt8]`, too, hence the type.
    case let value as [UInt8] where Value.self == [UInt8].self: return .binary(value)
    default: break
    }
    let node = EncodingNode(codingPath: path)
    try value.encode(to: node)
    return node.finished
  }

  var finished: SocketValue {
    if let result { return result }
    if isArray { return .array(elements.map { $0.finished }) }
    guard isObject else { return .null }
    var object = SocketObject()
    for (name, node) in members { object.append(name, node.finished) }
    return .object(object)
  }

  var elementCount: Int { elements.count }

  func member(_ key: any CodingKey) -> EncodingNode {
    isObject = true
    let node = EncodingNode(codingPath: codingPath + [key])
    members.append((key.stringValue, node))
    return node
  }

  func element() -> EncodingNode {
    isArray = true
    let node = EncodingNode(codingPath: codingPath + [PathKey(intValue: elements.count)])
    elements.append(node)
    return node
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    isObject = true
    return KeyedEncodingContainer(KeyedEncoding<Key>(node: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    isArray = true
    return UnkeyedEncoding(node: self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }

  func encodeNil() { result = .null }
  func encode(_ value: Bool) { result = .bool(value) }
  func encode(_ value: String) { result = .string(value) }
  func encode(_ value: Double) { result = .double(value) }
  func encode(_ value: Float) { result = .double(Double(value)) }

  private func integer<Value: BinaryInteger>(_ value: Value) throws {
    guard let number = Int64(exactly: value) else {
      throw EncodingError.invalidValue(
        value, .init(codingPath: codingPath, debugDescription: "\(value) does not fit into 64 bits with a sign"))
    }
    result = .int(number)
  }

  func encode(_ value: Int) throws { try integer(value) }
  func encode(_ value: Int8) throws { try integer(value) }
  func encode(_ value: Int16) throws { try integer(value) }
  func encode(_ value: Int32) throws { try integer(value) }
  func encode(_ value: Int64) throws { try integer(value) }
  func encode(_ value: UInt) throws { try integer(value) }
  func encode(_ value: UInt8) throws { try integer(value) }
  func encode(_ value: UInt16) throws { try integer(value) }
  func encode(_ value: UInt32) throws { try integer(value) }
  func encode(_ value: UInt64) throws { try integer(value) }
  func encode<Value: Encodable>(_ value: Value) throws { result = try Self.value(of: value, codingPath) }
}

/// The members of an object.
private struct KeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: EncodingNode
  var codingPath: [any CodingKey] { node.codingPath }

  func encodeNil(forKey key: Key) { node.member(key).result = .null }
  func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws { try node.member(key).encode(value) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> { node.member(key).container(keyedBy: type) }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { node.member(key).unkeyedContainer() }
  func superEncoder() -> any Encoder { node.member(PathKey(stringValue: "super")) }
  func superEncoder(forKey key: Key) -> any Encoder { node.member(key) }
}

/// The elements of a list.
private struct UnkeyedEncoding: UnkeyedEncodingContainer {
  let node: EncodingNode
  var codingPath: [any CodingKey] { node.codingPath }
  var count: Int { node.elementCount }

  func encodeNil() { node.element().result = .null }
  func encode<Value: Encodable>(_ value: Value) throws { try node.element().encode(value) }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
    node.element().container(keyedBy: type)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { node.element().unkeyedContainer() }
  func superEncoder() -> any Encoder { node.element() }
}
