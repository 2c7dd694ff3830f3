import Foundation

/// Everything that was measured, with what is needed to judge it.
struct Report {
  /// A mode that could not take part.
  struct Absence: Codable {
    let name: String
    let reason: String
  }
  /// What one contender did in one scenario: a number, or the reason why there is none.
  struct Cell {
    let contender: Contender
    let median: Measurement?
    /// The server's processor time for each, in microseconds; known also where the rate is that of the load.
    let processor: Double?
    let rounds: [Measurement]
    let reason: String?
  }
  struct Row {
    let scenario: Scenario
    let cells: [Cell]

    /// The largest value of the row.
    var largest: Double { cells.compactMap { $0.median?.value }.max() ?? 0 }
    /// What the floor takes of the processor time of a contender, from 0 to 1; `nil` for the floor itself, or without it.
    func share(ofFloorIn cell: Cell) -> Double? {
      guard cell.contender.name != Contender.floorName, let own = cell.processor,
        let floor = cells.first(where: { $0.contender.name == Contender.floorName })?.processor
      else { return nil }
      return floor / own
    }

    /// The best value of the row.
    var best: Double? {
      let values = cells.compactMap { $0.median?.value }
      return scenario.isHigherBetter ? values.max() : values.min()
    }
  }

  let machine: Machine
  let absent: [Absence]
  let results: [Row]

  /// The scenarios in which the server's processor time for each was taken.
  var costs: [Row] { results.filter { row in row.cells.contains { $0.processor != nil } } }

  /// The scenarios in which it was taken how busy both sides were.
  var busy: [Row] { results.filter { row in row.cells.contains { $0.median?.details["load CPU %"] != nil } } }

  /// Whether the program that is no server has taken part.
  var hasFloor: Bool { contenders.contains { $0.name == Contender.floorName } }

  var contenders: [Contender] { results.first?.cells.map { $0.contender } ?? [] }

  /// Writes `results.json`, `chart.svg` and `report.html`.
  func write(to folder: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(JSONReport(self)).write(to: folder.appendingPathComponent("results.json"))
    try Data(Chart(self).document.utf8).write(to: folder.appendingPathComponent("chart.svg"))
    try Data(HTMLReport(self).document.utf8).write(to: folder.appendingPathComponent("report.html"))
  }
}

/// The report as `results.json` has it.
private struct JSONReport: Encodable {
  struct Result: Encodable {
    let contender: String
    let value: Double?
    let details: [String: Double]?
    let quantiles: [String: Double]?
    let processorMicroseconds: Double?
    let rounds: [Double]
    let reason: String?
  }
  struct Scenario: Encodable {
    let id: String
    let title: String
    let unit: String
    let higherIsBetter: Bool
    let summary: String
    let results: [Result]
  }
  let machine: Machine
  let contenders: [String: String]
  let absent: [Report.Absence]
  let scenarios: [Scenario]

  init(_ report: Report) {
    machine = report.machine
    absent = report.absent
    contenders = Dictionary(report.contenders.map { ($0.name, $0.what) }, uniquingKeysWith: { first, _ in first })
    scenarios = report.results.map { row in
      Scenario(
        id: row.scenario.id, title: row.scenario.title, unit: row.scenario.unit,
        higherIsBetter: row.scenario.isHigherBetter, summary: row.scenario.summary,
        results: row.cells.map {
          Result(
            contender: $0.contender.name, value: $0.median?.value, details: $0.median?.details,
            quantiles: $0.median?.quantiles, processorMicroseconds: $0.processor,
            rounds: $0.rounds.map { $0.value }, reason: $0.reason)
        })
    }
  }
}
