import ArgumentParser
import AsyncModeSelection
import AsyncModes
import Foundation
import Synchronization

/// What is measured inside of a runtime: how exact it sleeps, and what a background task costs.
struct MeasureCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "measure", shouldDisplay: false)

  enum What: String, ExpressibleByArgument { case sleep, task }

  @Argument var what: What
  @Option var asyncMode: String
  @Option var executors = 1
  @Option var seconds: Double

  func run() async throws {
    let mode = try AsyncModeSelection.select(
      .named(asyncMode), configuration: ModeConfiguration(executorCount: executors, logger: .quiet("measure"))
    ).mode
    let clock = mode.executors[0]
    let seconds = seconds
    // Measured from a task of the runtime, as a program would use it.
    let result = try await mode.startBackgroundTask(name: "measure") {
      switch what {
      case .sleep: try await Self.sleeps(mode, clock, seconds)
      case .task: try await Self.tasks(mode, clock, seconds)
      }
    }.join()
    print(String(decoding: try JSONEncoder().encode(result), as: UTF8.self))
    _ = await mode.shutdown(within: .seconds(5))
  }

  /// Fifty tasks sleep for 1 to 20 ms again and again; how much longer does each sleep last?
  private static func sleeps(_ mode: any AsyncMode, _ clock: IOExecutor, _ seconds: Double) async throws
    -> [String: Double]
  {
    let histogram = Mutex(LatencyHistogram())
    let end = clock.now.advanced(by: .seconds(seconds))
    let sleepers = (0..<50).map { index in
      mode.startBackgroundTask(name: "sleeper") {
        var random = UInt64(index) &* 0x9e37_79b9_7f4a_7c15 &+ 1
        while clock.now < end {
          random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          let length = Duration.microseconds(1000 + Int64(random >> 33) % 19_000)
          let due = clock.now.advanced(by: length)
          try await mode.sleep(for: length)
          let late = due.duration(to: clock.now).clampedNanoseconds
          histogram.withLock { $0.record(nanoseconds: UInt64(late)) }
        }
      }
    }
    for sleeper in sleepers { try await sleeper.join() }
    return histogram.withLock { histogram in
      histogram.quantiles.merging([
        "p50": histogram.microseconds(at: 0.5), "p90": histogram.microseconds(at: 0.9),
        "p99": histogram.microseconds(at: 0.99), "max": histogram.microseconds(at: 1),
        "sleeps": Double(histogram.count),
      ]) { own, _ in own }
    }
  }

  /// Starts a background task and joins it, one after the other.
  private static func tasks(_ mode: any AsyncMode, _ clock: IOExecutor, _ seconds: Double) async throws
    -> [String: Double]
  {
    func run(_ seconds: Double) async throws -> (count: Int, nanoseconds: UInt64) {
      let begin = clock.now
      let end = begin.advanced(by: .seconds(seconds))
      var count = 0
      while clock.now < end {
        for _ in 0..<20 { _ = try await mode.startBackgroundTask { true }.join() }
        count += 20
      }
      return (count, clock.now.nanoseconds - begin.nanoseconds)
    }
    _ = try await run(seconds / 5)
    let (count, nanoseconds) = try await run(seconds)
    return ["us": Double(nanoseconds) / Double(count) / 1000, "tasks": Double(count)]
  }
}
