internal import HTTPCodec
internal import HTTPTypes

/// What tells one state of a file from another.
struct FileValidators: Sendable {
  /// A strong entity tag, with its quotation marks.
  let tag: String
  /// When the file was changed last.
  let date: HTTPDate
}

/// What a request asks of a file (RFC 9110, sections 13 and 14).
enum FileVerdict: Equatable {
  /// All of it is sent.
  case whole
  /// A part of it is sent: 206.
  case part(Range<Int>)
  /// The client has it already: 304.
  case notModified
  /// It is not what the client expects: 412.
  case preconditionFailed
  /// What is asked for lies outside of it: 416.
  case unsatisfiable

  /// Evaluates the conditions in the order of section 13.2.2, then the range.
  ///
  /// One range is served; requests for several get all of the file, which is always permitted (section 14.2).
  init(_ fields: HTTPFields, isGet: Bool, size: Int, _ file: FileValidators, now: HTTPDate) {
    if let expected = fields[.ifMatch] {
      guard Self.list(expected, contains: file.tag, isWeak: false) else {
        self = .preconditionFailed
        return
      }
    } else if let date = fields[.ifUnmodifiedSince].flatMap({ HTTPDate($0, now: now) }), file.date > date {
      self = .preconditionFailed
      return
    }
    if let known = fields[.ifNoneMatch] {
      if Self.list(known, contains: file.tag, isWeak: true) {
        self = .notModified
        return
      }
    } else if let date = fields[.ifModifiedSince].flatMap({ HTTPDate($0, now: now) }), file.date <= date {
      self = .notModified
      return
    }
    self = .whole
    guard isGet, let range = fields[.range] else { return }
    if let condition = fields[.ifRange] {
      let isTag = condition.contains("\"")
      let isSame = isTag ? condition == file.tag : HTTPDate(condition, now: now) == file.date
      guard isSame else { return }
    }
    self = Self.range(range, size: size)
  }

  /// Whether a list of entity tags has one, or is `*`. The strong comparison takes no weak tags.
  private static func list(_ text: String, contains tag: String, isWeak: Bool) -> Bool {
    if text == "*" { return true }
    var rest = text[...]
    while let start = rest.firstIndex(of: "\"") {
      let prefix = rest[..<start]
      guard let end = rest[rest.index(after: start)...].firstIndex(of: "\"") else { return false }
      if rest[start...end] == tag, isWeak || !prefix.hasSuffix("W/") { return true }
      rest = rest[rest.index(after: end)...]
    }
    return false
  }

  private static func range(_ text: String, size: Int) -> FileVerdict {
    guard let equals = text.firstIndex(of: "="), text[..<equals].lowercased() == "bytes" else { return .whole }
    let specification = text[text.index(after: equals)...].filter { $0 != " " && $0 != "\t" }
    guard !specification.contains(","), let dash = specification.firstIndex(of: "-") else { return .whole }
    let (first, last) = (specification[..<dash], specification[specification.index(after: dash)...])
    if first.isEmpty {
      guard let count = position(last) else { return .whole }
      return count == 0 || size == 0 ? .unsatisfiable : .part(max(0, size - count)..<size)
    }
    guard let start = position(first) else { return .whole }
    if last.isEmpty { return start < size ? .part(start..<size) : .unsatisfiable }
    guard let end = position(last), end >= start else { return .whole }
    return start < size ? .part(start..<min(end, size - 1) + 1) : .unsatisfiable
  }

  /// A number; one that is too large for an `Int` counts as the largest.
  private static func position(_ text: some StringProtocol) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
    return Int(text) ?? Int.max
  }
}
