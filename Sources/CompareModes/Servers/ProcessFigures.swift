import Foundation

/// What `/proc` says about processes.
enum ProcessFigures {
  /// The memory that a process and its descendants hold in RAM, in bytes.
  static func resident(of process: Int32) throws -> Int {
    var total = 0
    for process in [process] + descendants(of: process) {
      guard let text = try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .ascii),
        case let fields = text.split(separator: " "), fields.count > 1, let pages = Int(fields[1])
      else { continue }
      total += pages * Int(getpagesize())
    }
    guard total > 0 else { throw ScenarioError("/proc does not tell the memory of process \(process)") }
    return total
  }

  /// The processor time that a process and its descendants have used, in seconds.
  static func processorSeconds(of process: Int32) -> Double {
    var ticks = 0.0
    for process in [process] + descendants(of: process) {
      // After the name of the program: state, parent, …; the 12th and 13th are user and system time.
      guard let fields = fields(of: process), fields.count > 12 else { continue }
      ticks += (Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)
    }
    return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  private static func fields(of process: Int32) -> [Substring]? {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return nil }
    return text[text.index(after: end)...].split(separator: " ")
  }

  private static func descendants(of process: Int32) -> [Int32] {
    var children: [Int32: [Int32]] = [:]
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
      guard let id = Int32(name), let fields = fields(of: id), fields.count > 1, let parent = Int32(fields[1]) else {
        continue
      }
      children[parent, default: []].append(id)
    }
    var found = children[process] ?? []
    var index = 0
    while index < found.count {
      found += children[found[index]] ?? []
      index += 1
    }
    return found
  }
}
