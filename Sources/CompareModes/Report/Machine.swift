import Foundation

/// Where and with what was measured.
struct Machine: Codable, Sendable {
  var date: String
  var processor: String
  var cores: Int
  var placement: String
  var system: String
  var swift: String
  var build: String
  var revision: String?
  var load: String
  var seconds: Double
  var rounds: Int
  var executors: [Int]
  /// The numbers of executors, for people.
  var executorsText: String { executors.map(String.init).joined(separator: " and ") }
  /// Whether everything was small; see `--quick`.
  var isQuick: Bool

  static func current(_ settings: Settings, _ load: LoadGenerator) -> Machine {
    Machine(
      date: ISO8601DateFormatter().string(from: Date()), processor: processor, cores: Cores.available.count,
      placement: settings.cores.description, system: system, swift: swiftVersion, build: build,
      revision: revision, load: "\(load.description), one executor, in a process of its own",
      seconds: settings.seconds, rounds: settings.rounds, executors: settings.executors,
      isQuick: settings.isQuick)
  }

  private static var processor: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
  }

  private static var system: String {
    let release = (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? ""
    return "Linux \(release.trimmingCharacters(in: .whitespacesAndNewlines))"
  }

  /// The compiler that built this program.
  private static var swiftVersion: String {
    #if compiler(>=6.5)
      "6.5 or later"
    #elseif compiler(>=6.4)
      "6.4"
    #elseif compiler(>=6.3)
      "6.3"
    #else
      "6.2"
    #endif
  }

  private static var build: String {
    #if DEBUG
      "debug"
    #else
      "release"
    #endif
  }

  /// The revision of the sources that this program was built from, if it lies in their working copy.
  private static var revision: String? {
    let folder = URL(fileURLWithPath: Settings.ownPath).deletingLastPathComponent().path
    guard let commit = git(["-C", folder, "rev-parse", "--short", "HEAD"]), !commit.isEmpty else { return nil }
    let isChanged = git(["-C", folder, "status", "--porcelain", "--untracked-files=no"]).map { !$0.isEmpty } ?? false
    return isChanged ? "\(commit) with changes" : commit
  }

  private static func git(_ arguments: [String]) -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git"] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return nil }
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
