/// The table that is printed.
struct TextTable {
  let text: String

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
    let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    var text = ""
    for line in lines {
      var cells: [String] = []
      for (index, cell) in line.enumerated() {
        let space = String(repeating: " ", count: widths[index] - cell.count)
        cells.append(index < 2 ? cell + space : space + cell)
      }
      text += cells.joined(separator: "  ") + "\n"
    }
    for (index, note) in notes.enumerated() { text += "(\(index + 1)) \(note)\n" }
    for absence in report.absent { text += "\(absence.name) is missing: \(absence.reason)\n" }
    if report.machine.build == "debug" {
      text += "This is a debug build: compare nothing but whether it works. Use swift run -c release compare-modes.\n"
    }
    self.text = text
  }
}
