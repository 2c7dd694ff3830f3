import ArgumentParser
import AsyncModeSelection
import AsyncModes
import Foundation

/// Measures, and writes the report.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Measures, prints a table, and writes JSON, a chart and an HTML report.")

  @Option(help: "How long each measurement counts, in seconds.") var seconds = 2.0
  @Option(help: "How often everything is measured; the median counts, and contenders take turns.") var rounds = 3
  @Option(
    help: ArgumentHelp(
      "Only these scenarios, with commas between: \(Scenario.all.map { $0.id }.joined(separator: ", ")).",
      valueName: "scenarios"))
  var only: String?
  @Option(help: "Only these modes, with commas between; without it all that can be used here.") var modes: String?
  @Option(
    help: ArgumentHelp(
      "Another server that acks \"echo\" and re-emits \"broadcast\"; may be repeated.",
      valueName: "NAME='COMMAND with {port}'"))
  var server: [String] = []
  @Flag(
    help:
      "Also a program in C that answers as a server would and does nothing else: what the kernel takes, and no more.")
  var floor = false
  @Option(
    help: ArgumentHelp(
      "Executors of the server; with several numbers, with commas between, each mode takes part with each.",
      valueName: "numbers"))
  var executors = "1"
  @Option(help: "Where the files are written.") var output = "compare-modes"
  @Flag(help: "A quarter of a second, one round and few clients: to see whether it works.") var quick = false
  @Flag(help: "Do not keep server and load on different cores.") var noPin = false

  func validate() throws {
    guard (0.05...3600).contains(seconds) else {
      throw ValidationError("--seconds is \(seconds), but must be from 0.05 to 3600")
    }
    guard (1...1000).contains(rounds) else {
      throw ValidationError("--rounds is \(rounds), but must be from 1 to 1000")
    }
    _ = try scenarios()
    _ = try contenders()
  }

  func run() async throws {
    let openFiles = raiseOpenFiles()
    guard openFiles >= 4096 || quick else {
      throw ValidationError("this process may open \(openFiles) files only; raise the limit: ulimit -n 4096")
    }
    let executors = try executorCounts()
    let settings = Settings(
      seconds: quick ? 0.25 : seconds, rounds: quick ? 1 : rounds, executors: executors, isQuick: quick,
      cores: Cores(executors: executors.max() ?? 1, isPinned: !noPin), program: Settings.ownPath)
    let folder = URL(fileURLWithPath: output, isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let load = try Cores.on(settings.cores.load) { try LoadGenerator() }
    let signals = StopSignals {
      Children.endAll()
      FileHandle.standardError.write(Data("\ncompare-modes was interrupted; nothing is written.\n".utf8))
      _exit(130)
    }
    let (contenders, absent) = try contenders()
    let machine = Machine.current(settings, load)
    let results = await Tournament(scenarios: try scenarios(), contenders: contenders, settings: settings, load: load)
      .run()
    let report = Report(machine: machine, absent: absent, results: results)
    print(TextTable(report).text)
    if !report.costs.isEmpty { print(TextTable(costsOf: report).text) }
    if !report.busy.isEmpty { print(TextTable(busyOf: report).text) }
    try report.write(to: folder)
    print("\nWritten to \(folder.path): report.html, chart.svg, results.json")
    signals.restore()
    _ = await load.mode.shutdown(within: .seconds(2))
  }

  private func scenarios() throws -> [Scenario] {
    guard let only else { return Scenario.all }
    return try only.split(separator: ",").map { id in
      guard let scenario = Scenario.all.first(where: { $0.id == id }) else {
        throw ValidationError(
          "--only names \"\(id)\", but there are \(Scenario.all.map { $0.id }.joined(separator: ", "))")
      }
      return scenario
    }
  }

  private func executorCounts() throws -> [Int] {
    var counts: [Int] = []
    for text in executors.split(separator: ",", omittingEmptySubsequences: false) {
      guard let count = Int(text), (1...1024).contains(count), !counts.contains(count) else {
        throw ValidationError(
          "--executors is \"\(executors)\", but must be different numbers from 1 to 1024, with commas between")
      }
      counts.append(count)
    }
    return counts
  }

  /// Who takes part, and the modes that cannot, with the reason.
  private func contenders() throws -> (present: [Contender], absent: [Report.Absence]) {
    var present: [Contender] = []
    var absent: [Report.Absence] = []
    let counts = try executorCounts()
    let entries = AsyncModeRegistry.shared.entries
    let wanted = try modes?.split(separator: ",").map { name in
      guard entries.contains(where: { $0.name == name }) else {
        throw ValidationError(
          "--modes names \"\(name)\", but there are \(entries.map { $0.name }.joined(separator: ", "))")
      }
      return String(name)
    }
    for entry in entries where wanted?.contains(entry.name) ?? true {
      switch entry.probe() {
      case .usable(let what):
        present += counts.map { count in
          let name = counts.count == 1 ? entry.name : "\(entry.name) ×\(count)"
          return Contender(name: name, kind: .mode(entry.name), what: what, executors: count)
        }
      case .unusable(let reason, let remedy):
        absent.append(Report.Absence(name: entry.name, reason: "\(reason); \(remedy)"))
      }
    }
    if floor {
      let command = "'\(Settings.ownPath)' floor {port}"
      present.append(
        Contender(name: Contender.floorName, kind: .command(command), what: "what the kernel takes", executors: 1))
    }
    for text in server {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, parts[1].contains("{port}") else {
        throw ValidationError("--server is \"\(text)\", but must be NAME='COMMAND with {port}'")
      }
      guard !present.contains(where: { $0.name == parts[0] }) else {
        throw ValidationError("--server names \"\(parts[0])\" twice; give each contender a name of its own")
      }
      present.append(Contender(name: parts[0], kind: .command(parts[1]), what: parts[1], executors: counts.max() ?? 1))
    }
    guard !present.isEmpty else { throw ValidationError("there is nobody to compare") }
    return (present, absent)
  }
}
