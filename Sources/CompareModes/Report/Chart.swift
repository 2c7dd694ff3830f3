/// Bars for each scenario, drawn as SVG.
struct Chart {
  private let report: Report

  init(_ report: Report) { self.report = report }

  private static let width = 560
  private static let barHeight = 22
  private static let pitch = 32
  private static let nameWidth = 108
  private static let valueWidth = 168

  private static let style = """
    .name{fill:var(--text);font-size:13px}.value{fill:var(--text);font-size:13px;font-weight:600}\
    .more{fill:var(--quiet);font-size:12px;font-weight:400}.track{fill:var(--track)}\
    .title{fill:var(--text);font-size:16px;font-weight:650}.unit{fill:var(--quiet);font-size:12.5px;font-weight:400}
    """
  private static let font = "font-family=\"system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif\""

  /// The rules that charts in a page need.
  static var rules: String { style }

  /// The bars of one scenario, for a page that has the rules and the title.
  func bars(_ row: Report.Row) -> String {
    let height = row.cells.count * Self.pitch
    let label = "\(row.scenario.title), \(row.scenario.unit)".escaped
    return """
      <svg viewBox="0 0 \(Self.width) \(height)" role="img" aria-label="\(label)" \(Self.font)>\(content(row, y: 0))</svg>
      """
  }

  private func content(_ row: Report.Row, y: Int) -> String {
    let track = Self.width - Self.nameWidth - Self.valueWidth
    var text = ""
    for (index, cell) in row.cells.enumerated() {
      let top = y + index * Self.pitch + (Self.pitch - Self.barHeight) / 2
      let base = top + Self.barHeight / 2 + 5
      let name = Self.shortened(cell.contender.name, to: 15).escaped
      text += "<text class=\"name\" x=\"0\" y=\"\(base)\">\(name)</text>"
      guard let median = cell.median else {
        let reason =
          cell.processor.map { "no rate, for the load was the limit; costs \(Quantity.text($0)) µs each" }
          ?? Self.shortened(cell.reason ?? "not measured", to: 62).escaped
        text += """
          <text class="more" x="\(Self.nameWidth)" y="\(base)">\(reason)<title>\((cell.reason ?? "").escaped)</title></text>
          """
        continue
      }
      let length = row.largest > 0 ? max(2, Int(Double(track) * median.value / row.largest)) : 2
      let detail =
        row.scenario.shownDetail.flatMap { name in median.details[name].map { Quantity.detail(name, $0) } } ?? ""
      text += """
        <rect class="track" x="\(Self.nameWidth)" y="\(top)" width="\(track)" height="\(Self.barHeight)" rx="4"/>\
        <rect x="\(Self.nameWidth)" y="\(top)" width="\(length)" height="\(Self.barHeight)" rx="4" \
        fill="var(--c\(index))"><title>\(Self.spread(cell, row.scenario.unit).escaped)</title></rect>\
        <text class="value" x="\(Self.nameWidth + track + 10)" y="\(base)">\(Quantity.text(median.value))\
        <tspan class="more" dx="8">\(detail.escaped)</tspan></text>
        """
    }
    return text
  }

  private static func spread(_ cell: Report.Cell, _ unit: String) -> String {
    let values = cell.rounds.map { $0.value }.sorted()
    guard let least = values.first, let most = values.last else { return "" }
    return "\(cell.contender.name): \(Quantity.text(least)) to \(Quantity.text(most)) \(unit) in \(values.count) rounds"
  }

  private static func shortened(_ text: String, to count: Int) -> String {
    text.count <= count ? text : text.prefix(count - 1) + "…"
  }

  /// All scenarios as one picture that stands alone.
  var document: String {
    let columns = 2
    let cell = (width: Self.width + 56, height: 78 + report.contenders.count * Self.pitch)
    let rows = (report.results.count + columns - 1) / columns
    let size = (width: columns * cell.width + 24, height: rows * cell.height + 96)
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size.width) \(size.height)" width="\(size.width)" \
      height="\(size.height)" \(Self.font)><style>\(Palette.variables(report.contenders.count))\(Self.style)\
      .card{fill:var(--card);stroke:var(--line)}.head{fill:var(--text);font-size:22px;font-weight:700}</style>\
      <rect width="100%" height="100%" fill="var(--page)"/>\
      <text class="head" x="24" y="42">Runtimes compared</text>\
      <text class="unit" x="24" y="66">\(report.machine.summary.escaped)</text>
      """
    for (index, row) in report.results.enumerated() {
      let x = 24 + index % columns * cell.width
      let y = 84 + index / columns * cell.height
      let direction = row.scenario.isHigherBetter ? "more is better" : "less is better"
      text += """
        <g transform="translate(\(x),\(y))"><rect class="card" x="0" y="0" width="\(cell.width - 24)" \
        height="\(cell.height - 16)" rx="10"/><g transform="translate(16,0)">\
        <text class="title" x="0" y="28">\(row.scenario.title.escaped)\
        <tspan class="unit" dx="10">\(row.scenario.unit.escaped), \(direction)</tspan></text>\
        \(content(row, y: 40))</g></g>
        """
    }
    return text + "</svg>\n"
  }
}

extension Machine {
  /// The most important facts in one line.
  var summary: String {
    [
      "\(processor), \(cores) core\(cores == 1 ? "" : "s"), \(placement)", system, "Swift \(swift), \(build) build",
      revision.map { "revision \($0)" }, "\(executorsText) executor\(executors == [1] ? "" : "s")", duration, date,
    ].compactMap { $0 }.joined(separator: " · ")
  }

  /// How long was measured.
  var duration: String {
    rounds == 1 ? "\(Quantity.text(seconds)) s" : "median of \(rounds) × \(Quantity.text(seconds)) s"
  }
}
