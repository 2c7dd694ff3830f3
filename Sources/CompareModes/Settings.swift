import CCompareModes
import Foundation
import Logging

/// What all measurements of one run have in common.
struct Settings: Sendable {
  /// How long is counted, in seconds.
  var seconds: Double
  /// How often everything is measured; the median counts.
  var rounds: Int
  /// Executors of the server; each runtime takes part with each number.
  var executors: [Int]
  /// Whether everything is small, to see whether it works.
  var isQuick: Bool
  /// Who runs where.
  var cores: Cores
  /// The path of this program.
  var program: String

  /// The number of clients in a scenario: the usual one, or the small one.
  func clients(_ usual: Int, quick: Int) -> Int { isQuick ? quick : usual }

  /// The path of the running program.
  static var ownPath: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
  }
}

extension Logger {
  /// A logger that says errors only.
  static func quiet(_ label: String) -> Logger {
    var logger = Logger(label: label) { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .error
    return logger
  }
}

/// Lets this process open as many files as it may; returns how many.
func raiseOpenFiles() -> Int { compare_modes_raise_open_files() }
