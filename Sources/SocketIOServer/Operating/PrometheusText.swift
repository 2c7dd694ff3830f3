/// Figures in the text format of Prometheus, version 0.0.4.
struct PrometheusText {
  private(set) var text = ""
  private var last = ""

  init(_ metrics: [ServerMetric]) {
    for metric in metrics { append(metric) }
  }

  private mutating func append(_ metric: ServerMetric) {
    switch metric.value {
    case .gauge(let value):
      describe(metric, "gauge", metric.name)
      append(metric.name, metric.labels, "\(value)")
    case .counter(let value):
      describe(metric, "counter", metric.name + "_total")
      append(metric.name + "_total", metric.labels, "\(value)")
    case .histogram(let histogram):
      let name = metric.name + "_seconds"
      describe(metric, "histogram", name)
      var sum = 0
      for (step, count) in zip(LatencyHistogram.steps, histogram.counts) {
        sum += count
        append(name + "_bucket", metric.labels + [.init(name: "le", value: "\(Double(step) / 1e6)")], "\(sum)")
      }
      append(name + "_bucket", metric.labels + [.init(name: "le", value: "+Inf")], "\(histogram.count)")
      append(name + "_sum", metric.labels, "\(Double(histogram.sum) / 1e6)")
      append(name + "_count", metric.labels, "\(histogram.count)")
    }
  }

  /// Figures of one name are described once, in front of all of them.
  private mutating func describe(_ metric: ServerMetric, _ type: String, _ name: String) {
    guard name != last else { return }
    text += "# HELP \(name) \(metric.help).\n# TYPE \(name) \(type)\n"
    last = name
  }

  private mutating func append(_ name: String, _ labels: [ServerMetric.Label], _ value: String) {
    text += name
    if !labels.isEmpty {
      text += "{" + labels.map { "\($0.name)=\"\(Self.escape($0.value))\"" }.joined(separator: ",") + "}"
    }
    text += " \(value)\n"
  }

  private static func escape(_ value: String) -> String {
    var out = ""
    for character in value.unicodeScalars {
      switch character {
      case "\\": out += "\\\\"
      case "\"": out += "\\\""
      case "\n": out += "\\n"
      default: out.unicodeScalars.append(character)
      }
    }
    return out
  }
}
