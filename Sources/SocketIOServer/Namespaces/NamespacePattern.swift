/// The name of a namespace, or a pattern in which each `*` stands for any characters, none included.
///
/// Of several that fit a name the one without `*` is the closest, then those with more other characters. A pattern makes
/// the namespaces it fits exist, with the exception of `*` alone: handlers for it handle the events of whatever exists.
struct NamespacePattern: Sendable, Hashable {
  let text: String

  init(_ text: String) { self.text = text }

  /// Whether it fits one name only.
  var isExact: Bool { !text.utf8.contains(UInt8(ascii: "*")) }
  /// Whether it fits every name.
  var isEverything: Bool { text == "*" }
  /// The closer fit has the greater value.
  var closeness: Int { isExact ? Int.max : text.utf8.count { $0 != UInt8(ascii: "*") } }

  func matches(_ name: String) -> Bool {
    guard !isExact else { return text == name }
    let pattern = Array(text.utf8)
    let name = Array(name.utf8)
    var (at, position) = (0, 0)
    var retry: (at: Int, position: Int)?
    // One place to go back to is enough: what an earlier star could take, the last one can take too.
    while position < name.count {
      if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
        at += 1
        retry = (at, position)
      } else if at < pattern.count, pattern[at] == name[position] {
        at += 1
        position += 1
      } else if let last = retry {
        at = last.at
        position = last.position + 1
        retry = (at, position)
      } else {
        return false
      }
    }
    return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
  }

  /// What is wrong with it as a name; `nil` if nothing is.
  var fault: SocketIOError? {
    guard !isEverything, !text.hasPrefix("/") else { return nil }
    return SocketIOError(.invalidNamespace, "the namespace \"\(text)\" must begin with a slash")
  }
}
