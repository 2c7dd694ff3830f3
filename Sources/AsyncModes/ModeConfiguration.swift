public import Logging

/// What every mode is created with.
public struct ModeConfiguration: Sendable {
  /// How many executors to run; each is one thread of I/O. Default: one for each core the process may use.
  public var executorCount: Int
  /// The most threads that ``WorkerPool`` may grow to. Default: 64.
  public var maxWorkerThreads: Int
  /// The most blocking calls that may wait for a worker thread; further ones are refused. Default: 10,000.
  public var maxQueuedWork: Int
  /// Where the runtime says what it cannot tell a caller.
  public var logger: Logger

  /// Creates a configuration; `nil` stands for the default of a property.
  public init(
    executorCount: Int? = nil, maxWorkerThreads: Int = 64, maxQueuedWork: Int = 10_000,
    logger: Logger = Logger(label: "asyncmodes")
  ) {
    self.executorCount = executorCount ?? Self.availableCores
    self.maxWorkerThreads = maxWorkerThreads
    self.maxQueuedWork = maxQueuedWork
    self.logger = logger
  }

  /// Checks the numbers.
  ///
  /// - Throws: ``AsyncModeError`` with the code `invalidOption`, naming the option and its value.
  public func validate() throws(AsyncModeError) {
    func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws(AsyncModeError) {
      guard range.contains(value) else {
        throw AsyncModeError(
          .invalidOption, "\(name) is \(value), but must be from \(range.lowerBound) to \(range.upperBound)")
      }
    }
    try check("executorCount", executorCount, 1...1024)
    try check("maxWorkerThreads", maxWorkerThreads, 1...16_384)
    try check("maxQueuedWork", maxQueuedWork, 1...10_000_000)
  }
}
