import Foundation

/// How a time is distributed, as a line for each contender: quantiles from left to right, times on a logarithmic scale.
struct Distribution {
  private let row: Report.Row

  init(_ row: Report.Row) { self.row = row }

  /// The rules that a page needs.
  static let rules = """
    .axis{fill:var(--quiet);font-size:11.5px}.grid{stroke:var(--line);stroke-width:1}\
    .curve{fill:none;stroke-width:2.25;stroke-linejoin:round;stroke-linecap:round}
    """

  private static let width = 560.0
  private static let height = 176.0
  private static let left = 66.0
  private static let right = 14.0
  private static let top = 14.0
  private static let bottom = 30.0

  /// The drawing, or nothing if the scenario has no distribution.
  var lines: String {
    guard row.scenario.drawsDistribution else { return "" }
    let values = row.cells.flatMap { $0.median?.quantiles?.values.map { max($0, 1) } ?? [] }
    guard let least = values.min(), let most = values.max() else { return "" }
    let low = floor(log10(least))
    let high = max(low + 1, ceil(log10(most)))
    let quantiles = LatencyHistogram.drawn
    func x(_ index: Int) -> Double {
      Self.left + Double(index) / Double(quantiles.count - 1) * (Self.width - Self.left - Self.right)
    }
    func y(_ value: Double) -> Double {
      Self.top + (high - log10(max(value, 1))) / (high - low) * (Self.height - Self.top - Self.bottom)
    }
    var text = ""
    for power in Int(low)...Int(high) {
      let value = pow(10, Double(power))
      text += """
        <line class="grid" x1="\(Self.left)" x2="\(Self.width - Self.right)" y1="\(y(value))" y2="\(y(value))"/>\
        <text class="axis" x="\(Self.left - 8)" y="\(y(value) + 4)" text-anchor="end">\(Self.time(value))</text>
        """
    }
    for (index, quantile) in quantiles.enumerated() {
      let anchor = index == quantiles.count - 1 ? "end" : "middle"
      text += """
        <text class="axis" x="\(x(index))" y="\(Self.height - 8)" text-anchor="\(anchor)">\
        \(LatencyHistogram.name(quantile)) %</text>
        """
    }
    for (index, cell) in row.cells.enumerated() {
      guard let known = cell.median?.quantiles else { continue }
      let points = quantiles.enumerated().compactMap { place, quantile in
        known[LatencyHistogram.name(quantile)].map { value in
          (x: x(place), y: y(value), note: "\(LatencyHistogram.name(quantile)) %: \(Quantity.text(value)) µs")
        }
      }
      let path = points.map { String(format: "%.1f,%.1f", $0.x, $0.y) }.joined(separator: " ")
      text += "<polyline class=\"curve\" stroke=\"var(--c\(index))\" points=\"\(path)\"/>"
      for point in points {
        text += """
          <circle cx="\(String(format: "%.1f", point.x))" cy="\(String(format: "%.1f", point.y))" r="3.5" \
          fill="var(--c\(index))"><title>\("\(cell.contender.name), \(point.note)".escaped)</title></circle>
          """
      }
    }
    return """
      <svg viewBox="0 0 \(Self.width) \(Self.height)" role="img" \
      aria-label="How \(row.scenario.title.escaped) is distributed">\(text)</svg>
      """
  }

  private static func time(_ microseconds: Double) -> String {
    switch microseconds {
    case ..<1000: "\(Int(microseconds)) µs"
    case ..<1_000_000: "\(Int(microseconds / 1000)) ms"
    default: "\(Int(microseconds / 1_000_000)) s"
    }
  }
}
