internal import EngineIOCodec
internal import SocketIOCodec

/// The members of a message of python-socketio that has come, by their names; values are made when they are asked for.
protocol PythonFields {
  /// Whether there is a member of this name, be it None.
  func has(_ name: String) -> Bool
  /// The text of a member; `nil` if it is missing or no text.
  func text(_ name: String) -> String?
  /// The value of a member; `nil` if it is missing.
  func value(_ name: String) throws -> SocketValue?
  /// The arguments in a member; `nil` if it is missing.
  func arguments(_ name: String, _ meaning: PythonFormat.DataMeaning) throws -> [SocketValue]?
}

extension PythonFields {
  /// One text, or several; `nil` if there is something else.
  func texts(_ name: String) throws -> [String]? {
    switch try value(name) {
    case nil, .null: return []
    case .string(let text): return [text]
    // Rooms may be numbers in Python.
    case .int(let number): return ["\(number)"]
    case .array(let values):
      var texts: [String] = []
      for value in values {
        switch value {
        case .string(let text): texts.append(text)
        case .int(let number): texts.append("\(number)")
        case .null: break
        default: return nil
        }
      }
      return texts
    default: return nil
    }
  }
}

/// A message written as a pickle.
struct PickleFields: PythonFields {
  let document: PickleDocument

  func has(_ name: String) -> Bool { document.member(name, of: document.root) != nil }

  func text(_ name: String) -> String? {
    document.member(name, of: document.root).flatMap { document.string($0) }
  }

  func value(_ name: String) throws -> SocketValue? {
    guard let value = document.member(name, of: document.root) else { return nil }
    return try document.socketValue(value)
  }

  func arguments(_ name: String, _ meaning: PythonFormat.DataMeaning) throws -> [SocketValue]? {
    guard let value = document.member(name, of: document.root) else { return nil }
    // A tuple holds several arguments, None is no argument, anything else is one.
    if document.isNone(value) { return [] }
    let made = try document.socketValue(value)
    if document.isTuple(value), case .array(let values) = made { return values }
    return [made]
  }
}

/// A message written as JSON.
struct JSONFields: PythonFields {
  let bytes: UnsafeRawBufferPointer
  let members: [(name: String, value: Range<Int>)]
  let maxDepth: Int

  private func range(_ name: String) -> Range<Int>? { members.last { $0.name == name }?.value }

  func has(_ name: String) -> Bool { range(name) != nil }

  func text(_ name: String) -> String? {
    guard let range = range(name), case .string(let text)? = try? parse(range) else { return nil }
    return text
  }

  func value(_ name: String) throws -> SocketValue? { try range(name).map { try parse($0) } }

  private func parse(_ range: Range<Int>, attachments: [[UInt8]] = []) throws -> SocketValue {
    try JSONText.parse(
      UnsafeRawBufferPointer(rebasing: bytes[range]).bytes, attachments: attachments, maxDepth: maxDepth)
  }

  func arguments(_ name: String, _ meaning: PythonFormat.DataMeaning) throws -> [SocketValue]? {
    guard let range = range(name) else { return nil }
    var isBinary = false
    if let flag = try value("binary") { isBinary = flag == .bool(true) }
    let made = try isBinary ? restored(range) : parse(range)
    // Releases before 5.14.2 have no such member and write the bare value; see ``PythonFormat/DataMeaning``.
    guard has("binary"), meaning == .arguments else { return made == .null ? [] : [made] }
    guard case .array(let values) = made else { return made == .null ? [] : [made] }
    // python-socketio writes no argument like the argument None.
    if values == [.null], !has("arguments") { return [] }
    return values
  }

  /// A value with placeholders, and behind it the attachments in Base64.
  private func restored(_ range: Range<Int>) throws -> SocketValue {
    // The value stands in the list before its attachments, so the list is looked at twice.
    let list = UnsafeRawBufferPointer(rebasing: bytes[range])
    let elements = try JSONText.elements(of: list.bytes, maxDepth: maxDepth)
    guard let first = elements.first, elements.count > 1 else {
      throw PythonMessageError("a binary message has no attachment")
    }
    var attachments: [[UInt8]] = []
    for element in elements.dropFirst() {
      // Base64 has no character that JSON escapes but the slash, which may be.
      let inner = list[element].dropFirst().dropLast()
      var text = UnsafeRawBufferPointer(rebasing: inner)
      var unescaped: [UInt8] = []
      if inner.contains(UInt8(ascii: "\\")) { unescaped = inner.filter { $0 != UInt8(ascii: "\\") } }
      let decoded = unescaped.withUnsafeBytes { copy -> [UInt8]? in
        if !copy.isEmpty { text = copy }
        return Base64.decode(text)
      }
      guard list[element].first == UInt8(ascii: "\""), let decoded else {
        throw PythonMessageError("an attachment is not Base64")
      }
      attachments.append(decoded)
    }
    return try JSONText.parse(
      UnsafeRawBufferPointer(rebasing: list[first]).bytes, attachments: attachments, maxDepth: maxDepth)
  }
}

/// A message of python-socketio that is well-formed and yet makes no sense.
struct PythonMessageError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
