/// A value that an event or an acknowledgement carries: JSON, and binary data.
public enum SocketValue: Sendable, Hashable {
  /// Nothing.
  case null
  /// A truth value.
  case bool(Bool)
  /// A number without a fraction that fits into 64 bits.
  case int(Int64)
  /// Any other number.
  case double(Double)
  /// Text.
  case string(String)
  /// A list of values.
  case array([SocketValue])
  /// Named values.
  case object(SocketObject)
  /// Bytes, sent as an attachment.
  case binary([UInt8])

  /// The text, or `nil` if it is none.
  public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
  /// The truth value, or `nil` if it is none.
  public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// The number, or `nil` if it is none or has a fraction.
  public var intValue: Int64? {
    switch self {
    case .int(let value): value
    case .double(let value): Int64(exactly: value)
    default: nil
    }
  }
  /// The number, or `nil` if it is none.
  public var doubleValue: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }
  /// The list, or `nil` if it is none.
  public var arrayValue: [SocketValue]? { if case .array(let value) = self { value } else { nil } }
  /// The named values, or `nil` if it is none.
  public var objectValue: SocketObject? { if case .object(let value) = self { value } else { nil } }
  /// The bytes, or `nil` if it is none.
  public var binaryValue: [UInt8]? { if case .binary(let value) = self { value } else { nil } }
  /// Whether it is nothing.
  public var isNull: Bool { self == .null }

  /// The value with a name, or `nil` if there is none.
  public subscript(name: String) -> SocketValue? { objectValue?[name] }

  /// The value at a place of a list, or `nil` if there is none.
  public subscript(index: Int) -> SocketValue? {
    guard case .array(let values) = self, values.indices.contains(index) else { return nil }
    return values[index]
  }
}

/// Named values in their order.
public struct SocketObject: Sendable, Hashable, ExpressibleByDictionaryLiteral, Sequence {
  private var members: [(name: String, value: SocketValue)] = []

  /// Creates an object without members.
  public init() {}

  /// Creates an object of its members.
  public init(dictionaryLiteral elements: (String, SocketValue)...) {
    members = elements.map { (name: $0.0, value: $0.1) }
  }

  /// The number of members.
  public var count: Int { members.count }

  /// The value with a name. If a peer sent a name twice, the last one counts.
  public subscript(name: String) -> SocketValue? {
    get { members.last { $0.name == name }?.value }
    set {
      members.removeAll { $0.name == name }
      if let newValue { members.append((name, newValue)) }
    }
  }

  /// Adds a member without looking whether its name is there already.
  public mutating func append(_ name: String, _ value: SocketValue) { members.append((name, value)) }

  /// Walks through the members in their order.
  public func makeIterator() -> IndexingIterator<[(name: String, value: SocketValue)]> { members.makeIterator() }

  private var dictionary: [String: SocketValue] {
    Dictionary(members.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
  }

  /// Whether both have the same members, in whatever order.
  public static func == (left: Self, right: Self) -> Bool { left.dictionary == right.dictionary }

  /// Hashes the members, whatever their order.
  public func hash(into hasher: inout Hasher) { hasher.combine(dictionary) }
}

extension SocketValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// Nothing.
  public init(nilLiteral: ()) { self = .null }
  /// A truth value.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A number.
  public init(integerLiteral value: Int64) { self = .int(value) }
  /// A number.
  public init(floatLiteral value: Double) { self = .double(value) }
  /// Text.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A list.
  public init(arrayLiteral elements: SocketValue...) { self = .array(elements) }
  /// Named values.
  public init(dictionaryLiteral elements: (String, SocketValue)...) {
    var object = SocketObject()
    for (name, value) in elements { object.append(name, value) }
    self = .object(object)
  }
}

extension SocketValue: CustomStringConvertible {
  /// The value as JSON, with placeholders for binary data.
  public var description: String {
    var out: [UInt8] = []
    var attachments: [[UInt8]] = []
    JSONWriter.append(self, to: &out, attachments: &attachments)
    return String(decoding: out, as: UTF8.self)
  }
}
