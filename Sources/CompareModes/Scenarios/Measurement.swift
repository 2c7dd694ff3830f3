/// What one scenario gave on one contender.
struct Measurement: Sendable, Codable {
  /// The number that is compared, in the unit of the scenario.
  var value: Double
  /// What else was seen, by name with the unit, such as `p99 us`.
  var details: [String: Double]
  /// The distribution in microseconds, by the quantile in percent, if one was measured.
  var quantiles: [String: Double]?
  /// The server's processor time for each, in microseconds, where much is done.
  var processor: Double?
  /// Why the value is the load's and not the server's, if so. What the processor time says holds all the same.
  var limit: String?

  init(_ value: Double, _ details: [String: Double] = [:], quantiles: [String: Double]? = nil) {
    self.value = value
    self.details = details
    self.quantiles = quantiles
  }

  /// The medians of several measurements; `nil` if there are none.
  static func median(_ all: [Measurement]) -> Measurement? {
    guard !all.isEmpty else { return nil }
    let processors = all.compactMap { $0.processor }
    func middle(_ values: [Double]) -> Double {
      let sorted = values.sorted()
      let half = sorted.count / 2
      return sorted.count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
    }
    func middles(_ all: [[String: Double]]) -> [String: Double] {
      var result: [String: Double] = [:]
      for name in Set(all.flatMap { $0.keys }) { result[name] = middle(all.compactMap { $0[name] }) }
      return result
    }
    let quantiles = all.compactMap { $0.quantiles }
    var result = Measurement(
      middle(all.map { $0.value }), middles(all.map { $0.details }),
      quantiles: quantiles.isEmpty ? nil : middles(quantiles))
    result.processor = processors.isEmpty ? nil : middle(processors)
    return result
  }
}

extension Tally.Result {
  /// Latencies, and how busy both sides were.
  var details: [String: Double] {
    var details = [
      "server CPU %": serverProcessorSeconds / seconds * 100, "load CPU %": loadProcessorSeconds / seconds * 100,
    ]
    if latency.count > 0 {
      details["p50 us"] = latency.microseconds(at: 0.5)
      details["p99 us"] = latency.microseconds(at: 0.99)
    }
    return details
  }
}
