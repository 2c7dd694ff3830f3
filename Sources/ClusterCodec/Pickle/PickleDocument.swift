public import SocketIOCodec

/// A pickle whose structure has been read. Values are made when they are asked for.
///
/// Confined to the closure that it is given to.
public struct PickleDocument {
  private let bytes: UnsafeRawBufferPointer
  private let nodes: [PickleNode]
  private let containers: [[Int32]]
  private let limits: PickleLimits

  /// One value.
  public struct Value: Sendable, Hashable {
    let index: Int32
  }
  /// The value that the pickle holds.
  public let root: Value

  /// Reads a pickle and calls `body` with it.
  ///
  /// - Throws: ``PickleError`` if it is broken, beyond a limit, or holds anything but plain data.
  public static func read<Result>(
    _ payload: borrowing RawSpan, limits: PickleLimits = PickleLimits(),
    _ body: (PickleDocument) throws(PickleError) -> Result
  ) throws(PickleError) -> Result {
    try payload.withUnsafeBytes { bytes throws(PickleError) in
      var reader = PickleReader(bytes, limits)
      let root = try reader.read()
      return try body(PickleDocument(bytes, reader, root))
    }
  }

  private init(_ bytes: UnsafeRawBufferPointer, _ reader: PickleReader, _ root: Int32) {
    self.bytes = bytes
    nodes = reader.nodes
    containers = reader.containers
    limits = reader.limits
    self.root = Value(index: root)
  }

  /// Whether a value is a tuple, which Python keeps apart from a list.
  public func isTuple(_ value: Value) -> Bool { node(value).kind == .tuple }

  /// Whether a value is None.
  public func isNone(_ value: Value) -> Bool { node(value).kind == .none }

  /// The elements of a list or tuple; `nil` if it is neither.
  public func elements(_ value: Value) -> [Value]? {
    let node = node(value)
    guard node.kind == .list || node.kind == .tuple else { return nil }
    return containers[Int(node.value)].map { Value(index: $0) }
  }

  /// The value of a name in a dictionary; `nil` if there is none. The last one counts, as in Python.
  public func member(_ name: String, of value: Value) -> Value? {
    let node = node(value)
    guard node.kind == .dictionary else { return nil }
    let items = containers[Int(node.value)]
    for index in stride(from: items.count - 2, through: 0, by: -2) {
      let key = nodes[Int(items[index])]
      switch key.kind {
      case .text, .rawUnicode, .escapedText:
        if bytes[key.range].elementsEqual(name.utf8) { return Value(index: items[index + 1]) }
      default: break
      }
    }
    return nil
  }

  /// The text of a value; `nil` if it is no text.
  public func string(_ value: Value) -> String? {
    let node = node(value)
    switch node.kind {
    case .text: return String(decoding: bytes[node.range], as: UTF8.self)
    case .escapedText: return PickleText.literal(bytes[node.range])
    case .rawUnicode: return PickleText.rawUnicode(bytes[node.range])
    default: return nil
    }
  }

  /// Makes a value. Tuples become lists; names that are numbers, truth values or None become texts, as in JSON.
  ///
  /// - Throws: ``PickleError`` if it is nested too deeply, refers to itself, or multiplies itself beyond a limit.
  public func socketValue(_ value: Value) throws(PickleError) -> SocketValue {
    var budget = Budget(values: limits.maxValues, bytes: limits.maxContentBytes)
    return try make(value.index, 0, &budget)
  }

  /// What may still be made: one node may be referred to many times, so a small pickle can stand for a huge value.
  private struct Budget {
    var values: Int
    var bytes: Int

    mutating func spend(_ node: PickleNode) -> Bool {
      values -= 1
      bytes -= node.count
      return values >= 0 && bytes >= 0
    }
  }

  private func node(_ value: Value) -> PickleNode { nodes[Int(value.index)] }

  private func make(_ index: Int32, _ depth: Int, _ budget: inout Budget) throws(PickleError) -> SocketValue {
    guard depth < limits.maxDepth else {
      throw PickleError(message: "values are nested more than \(limits.maxDepth) deep", offset: bytes.count)
    }
    let node = nodes[Int(index)]
    guard budget.spend(node) else {
      throw PickleError(
        message: "the pickle stands for more than \(limits.maxValues) values or \(limits.maxContentBytes) bytes",
        offset: bytes.count)
    }
    switch node.kind {
    case .none: return .null
    case .bool: return .bool(node.value != 0)
    case .int: return .int(node.value)
    case .double: return .double(Double(bitPattern: UInt64(bitPattern: node.value)))
    case .decimal:
      let text = String(decoding: bytes[node.range], as: UTF8.self)
      return Int64(text).map { .int($0) } ?? .double(Double(text) ?? .infinity)
    case .bigInteger: return PickleText.integer(bytes[node.range])
    case .text, .escapedText, .rawUnicode: return .string(string(Value(index: index)) ?? "")
    case .bytes: return .binary(Array(bytes[node.range]))
    case .bytesAsText: return try binary(PickleText.latin1(String(decoding: bytes[node.range], as: UTF8.self)), node)
    case .bytesAsRawUnicode: return try binary(PickleText.latin1(PickleText.rawUnicode(bytes[node.range])), node)
    case .callable: throw PickleError(message: "a name is no value", offset: bytes.count)
    case .list, .tuple:
      var values: [SocketValue] = []
      for element in containers[Int(node.value)] { values.append(try make(element, depth + 1, &budget)) }
      return .array(values)
    case .dictionary:
      var object = SocketObject()
      let items = containers[Int(node.value)]
      for place in stride(from: 0, to: items.count, by: 2) {
        _ = budget.spend(nodes[Int(items[place])])
        object.append(try name(items[place]), try make(items[place + 1], depth + 1, &budget))
      }
      return .object(object)
    }
  }

  private func binary(_ content: [UInt8]?, _ node: PickleNode) throws(PickleError) -> SocketValue {
    guard let content else { throw PickleError(message: "bytes have a value above 255", offset: Int(node.value)) }
    return .binary(content)
  }

  private func name(_ index: Int32) throws(PickleError) -> String {
    if let text = string(Value(index: index)) { return text }
    let node = nodes[Int(index)]
    switch node.kind {
    case .none: return "null"
    case .bool: return node.value != 0 ? "true" : "false"
    case .int: return "\(node.value)"
    case .double: return "\(Double(bitPattern: UInt64(bitPattern: node.value)))"
    case .decimal: return String(decoding: bytes[node.range], as: UTF8.self)
    default: throw PickleError(message: "the name of a member is no text", offset: bytes.count)
    }
  }
}
