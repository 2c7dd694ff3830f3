/// Reads the structure of a pickle, protocols 0 to 5, and makes nothing of it.
///
/// A pickle is a program for a stack machine. This machine knows the opcodes for plain data and none that imports,
/// constructs or calls; those few calls by which Python writes bytes are recognised by their names. It notes where
/// values stand and copies no content, so the values that nobody asks for cost nothing but this walk.
struct PickleReader {
  let bytes: UnsafeRawBufferPointer
  let limits: PickleLimits
  var position = 0
  var nodes: [PickleNode] = []
  /// The elements of lists and tuples; names and values of dictionaries in turn.
  var containers: [[Int32]] = []
  private var stack: [Int32] = []
  private var marks: [Int] = []
  private var memo: [Int32] = []
  /// Elements that containers hold; a node may be in many.
  private var elements = 0

  init(_ bytes: UnsafeRawBufferPointer, _ limits: PickleLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  func error(_ message: String) -> PickleError { PickleError(message: message, offset: position) }

  /// Reads to the end.
  ///
  /// - Returns: the index of the one value that the pickle holds.
  mutating func read() throws(PickleError) -> Int32 {
    while true {
      let opcode = try byte()
      if opcode == UInt8(ascii: ".") {
        guard stack.count == 1, marks.isEmpty else { throw error("the pickle does not end with one value") }
        guard position == bytes.count else { throw error("something follows the pickle") }
        return stack[0]
      }
      if try readValue(opcode) { continue }
      if try readStructure(opcode) { continue }
      if try readMemo(opcode) { continue }
      position -= 1
      throw error("the opcode 0x\(String(opcode, radix: 16)) is not plain data, or does not exist")
    }
  }

  // MARK: The machine

  mutating func push(_ node: PickleNode) throws(PickleError) {
    guard nodes.count < limits.maxValues else { throw error("the pickle holds more than \(limits.maxValues) values") }
    nodes.append(node)
    stack.append(Int32(truncatingIfNeeded: nodes.count - 1))
  }

  mutating func pushContainer(_ kind: PickleNode.Kind, _ elements: [Int32]) throws(PickleError) {
    try count(elements.count)
    containers.append(elements)
    try push(PickleNode(kind: kind, value: Int64(containers.count - 1)))
  }

  private mutating func count(_ added: Int) throws(PickleError) {
    elements += added
    guard elements <= limits.maxValues * 2 else { throw error("the pickle holds more than \(limits.maxValues) values") }
  }

  mutating func pop() throws(PickleError) -> Int32 {
    guard stack.count > (marks.last ?? 0), let top = stack.popLast() else { throw error("the stack is empty") }
    return top
  }

  /// Everything above the last mark.
  mutating func popMark() throws(PickleError) -> [Int32] {
    guard let mark = marks.popLast() else { throw error("a mark is missing") }
    let items = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return items
  }

  private func top(_ kinds: PickleNode.Kind...) throws(PickleError) -> Int {
    guard stack.count > (marks.last ?? 0), let top = stack.last else { throw error("the stack is empty") }
    guard kinds.contains(nodes[Int(top)].kind) else { throw error("a container is missing") }
    return Int(nodes[Int(top)].value)
  }

  mutating func readStructure(_ opcode: UInt8) throws(PickleError) -> Bool {
    switch opcode {
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "]"): try pushContainer(.list, [])
    case UInt8(ascii: ")"): try pushContainer(.tuple, [])
    case UInt8(ascii: "}"): try pushContainer(.dictionary, [])
    case UInt8(ascii: "l"): try pushContainer(.list, try popMark())
    case UInt8(ascii: "t"): try pushContainer(.tuple, try popMark())
    case UInt8(ascii: "d"):
      let items = try popMark()
      guard items.count % 2 == 0 else { throw error("a value is missing") }
      try pushContainer(.dictionary, items)
    case 0x85...0x87:
      var items: [Int32] = []
      for _ in 0..<(opcode - 0x84) { items.insert(try pop(), at: 0) }
      try pushContainer(.tuple, items)
    case UInt8(ascii: "a"):
      let item = try pop()
      try extend(try top(.list), [item])
    case UInt8(ascii: "e"):
      let items = try popMark()
      try extend(try top(.list), items)
    case UInt8(ascii: "s"):
      let value = try pop()
      let name = try pop()
      try extend(try top(.dictionary), [name, value])
    case UInt8(ascii: "u"):
      let items = try popMark()
      guard items.count % 2 == 0 else { throw error("a value is missing") }
      try extend(try top(.dictionary), items)
    case UInt8(ascii: "c"), 0x93: try readName(isOnStack: opcode == 0x93)
    case UInt8(ascii: "R"): try reduce()
    default: return false
    }
    return true
  }

  private mutating func extend(_ container: Int, _ items: [Int32]) throws(PickleError) {
    try count(items.count)
    containers[container] += items
  }

  mutating func readMemo(_ opcode: UInt8) throws(PickleError) -> Bool {
    switch opcode {
    case UInt8(ascii: "0"):
      // A mark on top goes first, as in Python.
      if let mark = marks.last, mark == stack.count { marks.removeLast() } else { _ = try pop() }
    case UInt8(ascii: "1"): _ = try popMark()
    case UInt8(ascii: "2"):
      let top = try pop()
      stack.append(top)
      stack.append(top)
      guard stack.count <= limits.maxValues else { throw error("the stack is too deep") }
    case UInt8(ascii: "p"): try put(at: try lineNumber())
    case UInt8(ascii: "q"): try put(at: Int(try byte()))
    case UInt8(ascii: "r"): try put(at: try length(4))
    case 0x94: try put(at: memo.count)
    case UInt8(ascii: "g"): try get(at: try lineNumber())
    case UInt8(ascii: "h"): try get(at: Int(try byte()))
    case UInt8(ascii: "j"): try get(at: try length(4))
    default: return false
    }
    return true
  }

  private mutating func put(at index: Int) throws(PickleError) {
    guard index >= 0, index < limits.maxValues else { throw error("the memo has more than \(limits.maxValues) places") }
    let value = try pop()
    stack.append(value)
    while memo.count <= index { memo.append(-1) }
    memo[index] = value
  }

  private mutating func get(at index: Int) throws(PickleError) {
    guard memo.indices.contains(index), memo[index] >= 0 else { throw error("the memo has nothing at \(index)") }
    guard stack.count < limits.maxValues else { throw error("the stack is too deep") }
    stack.append(memo[index])
  }

  // MARK: What Python calls to write bytes

  private mutating func readName(isOnStack: Bool) throws(PickleError) {
    let module: Range<Int>
    let name: Range<Int>
    if isOnStack {
      let second = nodes[Int(try pop())]
      let first = nodes[Int(try pop())]
      guard first.kind == .text, second.kind == .text else { throw error("a name is no text") }
      (module, name) = (first.range, second.range)
    } else {
      module = try line()
      name = try line()
    }
    guard let callable = PickleCallable(module: bytes[module], name: bytes[name]) else {
      let shown =
        String(decoding: bytes[module].prefix(64), as: UTF8.self) + "."
        + String(decoding: bytes[name].prefix(64), as: UTF8.self)
      throw error("the pickle wants to import \"\(shown)\", which is refused")
    }
    try push(PickleNode(kind: .callable, value: callable.rawValue))
  }

  private mutating func reduce() throws(PickleError) {
    let tuple = nodes[Int(try pop())]
    let target = nodes[Int(try pop())]
    guard tuple.kind == .tuple, target.kind == .callable, let callable = PickleCallable(rawValue: target.value) else {
      throw error("a call is refused")
    }
    let arguments = containers[Int(tuple.value)].map { nodes[Int($0)] }
    switch (callable, arguments.count) {
    case (.bytes, 0), (.bytearray, 0): try push(PickleNode(kind: .bytes, value: 0))
    case (.bytearray, 1) where [.bytes, .bytesAsText, .bytesAsRawUnicode].contains(arguments[0].kind):
      try push(arguments[0])
    case (.encode, 2), (.bytearray, 2):
      guard isLatin1(arguments[1]) else { throw error("a call is refused") }
      let kind: PickleNode.Kind
      switch arguments[0].kind {
      case .text: kind = .bytesAsText
      case .rawUnicode: kind = .bytesAsRawUnicode
      default: throw error("a call is refused")
      }
      try push(PickleNode(kind: kind, value: arguments[0].value, count: arguments[0].count))
    default: throw error("a call is refused")
    }
  }

  private func isLatin1(_ node: PickleNode) -> Bool {
    guard node.kind == .text || node.kind == .rawUnicode else { return false }
    let text = bytes[node.range]
    return text.elementsEqual("latin1".utf8) || text.elementsEqual("latin-1".utf8)
  }
}
