/// The tables that are printed.
struct TextTable {
  let text: String

  /// What was measured, and why something was not.
  init(_ report: Report) {
    var lines: [[String]] = [["", "unit"] + report.contenders.map { $0.name }]
    var notes: [String] = []
    for row in report.results {
      lines.append(
        [row.scenario.title, row.scenario.unit]
          + row.cells.map { cell in
            if let median = cell.median { return Quantity.text(median.value) }
            let note = "\(row.scenario.title) on \(cell.contender.name): \(cell.reason ?? "not measured")"
            notes.append(note)
            return "(\(notes.count))"
          })
    }
    var text = Self.aligned(lines, leading: 2)
    for (index, note) in notes.enumerated() { text += "(\(index + 1)) \(note)\n" }
    for absence in report.absent { text += "\(absence.name) is missing: \(absence.reason)\n" }
    if report.machine.build == "debug" {
      text += "This is a debug build: compare nothing but whether it works. Use swift run -c release compare-modes.\n"
    }
    self.text = text
  }

  /// What one of each costs the server.
  init(costsOf report: Report) {
    var lines: [[String]] = [[""] + report.contenders.map { $0.name }]
    for row in report.costs {
      lines.append(
        [row.scenario.title]
          + row.cells.map { cell in
            guard let processor = cell.processor else { return "–" }
            let share = row.share(ofFloorIn: cell).map { " (\(Quantity.text($0)))" } ?? ""
            return Quantity.text(processor) + share
          })
    }
    let share = report.hasFloor ? "; in brackets the share of it that the floor takes" : ""
    text = "Processor time of the server, in µs for each\(share)\n" + Self.aligned(lines, leading: 1)
  }

  /// How busy the server and the load were.
  init(busyOf report: Report) {
    var lines: [[String]] = [[""] + report.contenders.map { $0.name }]
    for row in report.busy {
      lines.append(
        [row.scenario.title]
          + row.cells.map { cell in
            guard let details = cell.median?.details, let server = details["server CPU %"],
              let load = details["load CPU %"]
            else { return "–" }
            return "\(Int(server.rounded())) and \(Int(load.rounded()))"
          })
    }
    text = "Processor time of the server and of the load, in % of one core\n" + Self.aligned(lines, leading: 1)
  }

  /// Lines with their columns aligned: the first ones to the left, the others to the right.
  private static func aligned(_ lines: [[String]], leading: Int) -> String {
    let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    var text = ""
    for line in lines {
      var cells: [String] = []
      for (index, cell) in line.enumerated() {
        let space = String(repeating: " ", count: widths[index] - cell.count)
        cells.append(index < leading ? cell + space : space + cell)
      }
      text += cells.joined(separator: "  ") + "\n"
    }
    return text
  }
}
