internal import AsyncModes

/// Writes commands for a Redis server.
public enum RESPCommand {
  /// A command of texts.
  public static func encode(_ words: [String]) -> [UInt8] {
    var out = Array("*\(words.count)\r\n".utf8)
    for word in words {
      out += "$\(word.utf8.count)\r\n".utf8
      out += word.utf8
      out += [0x0d, 0x0a]
    }
    return out
  }

  /// What stands before the payload in a command that publishes.
  static func publishHead(_ channel: String, _ payload: SharedBytes) -> [UInt8] {
    Array("*3\r\n$7\r\nPUBLISH\r\n$\(channel.utf8.count)\r\n\(channel)\r\n$\(payload.count)\r\n".utf8)
  }

  /// What stands behind it.
  static let end = SharedBytes([0x0d, 0x0a])

  /// A pattern that stands for all names that begin with a text.
  static func pattern(prefix: String) -> String {
    var pattern = ""
    for character in prefix {
      if "*?[]\\^".contains(character) { pattern.append("\\") }
      pattern.append(character)
    }
    return pattern + "*"
  }
}
