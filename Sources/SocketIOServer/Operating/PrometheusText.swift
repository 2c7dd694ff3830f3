/// Figures in the text format of Prometheus, version 0.0.4.
struct PrometheusText {
  private(set) var text = ""
  private var last = ""

  /// A figure that goes up and down.
  mutating func gauge(_ name: String, _ help: String, _ value: Int, labels: [(String, String)] = []) {
    append(name, "gauge", help, value, labels)
  }

  /// A figure that only grows, from the start of the process on.
  mutating func counter(_ name: String, _ help: String, _ value: Int, labels: [(String, String)] = []) {
    append(name + "_total", "counter", help, value, labels)
  }

  private mutating func append(
    _ name: String, _ type: String, _ help: String, _ value: Int, _ labels: [(String, String)]
  ) {
    // Figures of one name are described once, in front of all of them.
    if name != last {
      text += "# HELP \(name) \(help).\n# TYPE \(name) \(type)\n"
      last = name
    }
    text += name
    if !labels.isEmpty {
      text += "{" + labels.map { "\($0)=\"\(Self.escape($1))\"" }.joined(separator: ",") + "}"
    }
    text += " \(value)\n"
  }

  private static func escape(_ value: String) -> String {
    var out = ""
    for character in value.unicodeScalars {
      switch character {
      case "\\": out += "\\\\"
      case "\"": out += "\\\""
      case "\n": out += "\\n"
      default: out.unicodeScalars.append(character)
      }
    }
    return out
  }
}
