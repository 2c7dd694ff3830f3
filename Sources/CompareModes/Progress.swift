import Foundation

/// Shows how far the measurements are: one line that changes on a terminal, and a line for each step elsewhere.
final class Progress {
  private let total: Int
  private var done = 0
  private var step = ""
  private let isTerminal = isatty(STDERR_FILENO) == 1

  init(total: Int) { self.total = total }

  func begin(_ step: String) {
    self.step = step
    if isTerminal { say("\r\u{1b}[2K[\(done + 1)/\(total)] \(step) …") }
  }

  func end(_ result: String) {
    done += 1
    say(isTerminal ? "\r\u{1b}[2K[\(done)/\(total)] \(step): \(result)" : "[\(done)/\(total)] \(step): \(result)\n")
  }

  func finish() { if isTerminal { say("\r\u{1b}[2K") } }

  private func say(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
