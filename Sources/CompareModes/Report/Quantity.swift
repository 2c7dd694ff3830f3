import Foundation

/// Numbers as people read them.
enum Quantity {
  /// Three significant digits at least, and thousands apart.
  static func text(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    if value >= 100 {
      var digits = String(Int(value.rounded()))
      var index = digits.count - 3
      while index > 0 {
        digits.insert("\u{202f}", at: digits.index(digits.startIndex, offsetBy: index))
        index -= 3
      }
      return digits
    }
    return String(format: value >= 10 ? "%.1f" : "%.2f", value)
  }

  /// The name of a detail and its value: `p99 us` and 12.3 make `p99 12.3 µs`. The last word is the unit.
  static func detail(_ name: String, _ value: Double) -> String {
    guard let space = name.lastIndex(of: " ") else { return "\(name)\u{a0}\(text(value))" }
    let unit = name[name.index(after: space)...]
    return "\(name[..<space])\u{a0}\(text(value))\u{a0}\(unit == "us" ? "µs" : unit)"
  }
}
