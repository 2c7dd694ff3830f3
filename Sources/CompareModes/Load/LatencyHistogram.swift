/// Counts durations in buckets whose width is below one percent of the value, from a nanosecond to a minute.
struct LatencyHistogram: Sendable {
  private static let bits = 7
  private static let half = 1 << (bits - 1)
  private static let maxNanoseconds: UInt64 = 60_000_000_000
  private var counts = [UInt32](repeating: 0, count: LatencyHistogram.index(maxNanoseconds) + 1)

  /// How many durations were counted.
  private(set) var count = 0

  /// Counts a duration; longer ones than a minute count as a minute.
  mutating func record(nanoseconds: UInt64) {
    counts[Self.index(min(nanoseconds, Self.maxNanoseconds))] &+= 1
    count += 1
  }

  /// The duration that a fraction of the durations does not exceed, in microseconds; 0 if nothing was counted.
  func microseconds(at quantile: Double) -> Double {
    guard count > 0 else { return 0 }
    let rank = max(1, Int((Double(count) * quantile).rounded(.up)))
    var seen = 0
    for (index, amount) in counts.enumerated() where amount > 0 {
      seen += Int(amount)
      if seen >= rank { return Self.value(index) / 1000 }
    }
    return 0
  }

  /// The quantiles that are drawn, in percent.
  static let drawn = [50, 75, 90, 95, 99, 99.9]

  /// The drawn quantiles in microseconds, by their name, such as `99.9`.
  var quantiles: [String: Double] {
    Dictionary(
      Self.drawn.map { (Self.name($0), microseconds(at: $0 / 100)) }, uniquingKeysWith: { first, _ in first })
  }

  /// What a quantile is called.
  static func name(_ percent: Double) -> String {
    percent == percent.rounded() ? "\(Int(percent))" : "\(percent)"
  }

  private static func index(_ value: UInt64) -> Int {
    let width = UInt64.bitWidth - value.leadingZeroBitCount
    guard width > bits else { return Int(value) }
    let shift = width - bits
    return shift * half + Int(value >> UInt64(shift))
  }

  /// The middle of a bucket.
  private static func value(_ index: Int) -> Double {
    guard index >= 2 * half else { return Double(index) }
    let shift = index / half - 1
    return (Double(index - shift * half) + 0.5) * Double(UInt64(1) << UInt64(shift))
  }
}
