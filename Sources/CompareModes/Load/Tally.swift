import AsyncModes

/// What the load generator counts. Confined to its executor.
final class Tally {
  private let executor: IOExecutor
  private(set) var count = 0
  private(set) var latency = LatencyHistogram()
  private var isCounting = false
  private var begin = MonotonicInstant(nanoseconds: 0)
  private var seconds = 0.0
  /// Why the run is worth nothing, if so.
  private(set) var failure: String?

  init(_ executor: IOExecutor) { self.executor = executor }

  /// Something was done.
  func add(_ number: Int = 1) { if isCounting { count += number } }

  /// Something was done that was due, or sent, at a time.
  func add(since start: MonotonicInstant, at now: MonotonicInstant) {
    guard isCounting else { return }
    count += 1
    latency.record(nanoseconds: now.nanoseconds &- min(now.nanoseconds, start.nanoseconds))
  }

  /// Begins to count: what came before was to warm up.
  func start() {
    count = 0
    latency = LatencyHistogram()
    begin = executor.now
    isCounting = true
  }

  /// Ends counting.
  func stop() {
    isCounting = false
    seconds = Double(begin.duration(to: executor.now).clampedNanoseconds) / 1e9
  }

  /// Gives the run up; the first reason is kept.
  func fail(_ reason: String) { failure = failure ?? reason }

  /// What was counted.
  var result: Result { Result(count: count, seconds: seconds, latency: latency, failure: failure) }

  /// What was counted in a time.
  struct Result: Sendable {
    let count: Int
    let seconds: Double
    let latency: LatencyHistogram
    let failure: String?
    /// Processor time that the server used meanwhile, and the load.
    var serverProcessorSeconds = 0.0
    var loadProcessorSeconds = 0.0
    /// Why what was counted says more about the load than about the server, if so.
    var limit: String?

    /// Why the load says more about itself than about the server, or `nil` if it does not.
    ///
    /// - Parameter executors: how many processors the server could have used.
    func limit(executors: Int) -> String? {
      let load = loadProcessorSeconds / seconds
      let server = serverProcessorSeconds / seconds / Double(executors)
      guard load > 0.97, server < 0.95 else { return nil }
      let percents = [load, server].map { "\(Int(($0 * 100).rounded()))%" }
      return "the load was the limit: it used \(percents[0]) of its processor, the server \(percents[1]) of what it may"
    }

    /// How many a second.
    var rate: Double { seconds > 0 ? Double(count) / seconds : 0 }
  }
}
