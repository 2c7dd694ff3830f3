import AsyncModes
import Synchronization

extension AsyncModeConformance {
  /// Sleeping, background tasks, blocking work, and the end.
  static var taskChecks: [Check] {
    [
      Check(name: "a sleep lasts, and ends when it is cancelled") { mode in
        let clock = ContinuousClock()
        let start = clock.now
        try await mode.sleep(for: .milliseconds(20))
        try expect(clock.now - start >= .milliseconds(20), "a sleep of 20 ms lasted \(clock.now - start)")
        let sleeping = Task { try await mode.sleep(for: .seconds(3600)) }
        sleeping.cancel()
        do {
          try await sleeping.value
          throw ConformanceFailure(description: "the cancelled sleep returned")
        } catch is CancellationError {}
      },
      Check(name: "background tasks are joined, cancelled and asked") { mode in
        let good = mode.startBackgroundTask(name: "good") { 42 }
        let result = try await good.join()
        try expect(result == 42 && !good.isAlive, "a background task returned \(result)")
        let endless = mode.startBackgroundTask(name: "endless") { try await mode.sleep(for: .seconds(3600)) }
        try expect(endless.isAlive, "a task that sleeps is said to be dead")
        endless.cancel()
        do {
          try await endless.join()
          throw ConformanceFailure(description: "the cancelled task returned")
        } catch is CancellationError {}
        try expect(!endless.isAlive, "a task that was cancelled is said to be alive")
      },
      Check(name: "the error of a background task is kept for every joiner") { mode in
        let failing = mode.startBackgroundTask(name: "failing") {
          throw AsyncModeError(.overloaded, "on purpose")
        }
        for _ in 0..<2 {
          do {
            try await failing.join()
            throw ConformanceFailure(description: "the error was lost")
          } catch let error as AsyncModeError {
            try expect(error.message == "on purpose", "the error became \(error)")
          }
        }
      },
      Check(name: "blocking work does not hold up the executors") { mode in
        let gate = Gate()
        let blocked = (0..<8).map { _ in Task { try await mode.runBlocking { gate.wait() } } }
        for executor in mode.executors { await executor.run {} }
        let listener = try await mode.serve(on: type(of: mode).loopback, options: .patient) { stream in
          for try await chunk in stream.inbound { try await stream.write(chunk) }
        }
        let client = try await mode.open(listener.address, options: .patient)
        try await client.write([1])
        let answer = try await client.read()
        gate.open()
        for task in blocked { try await task.value }
        if mode.handlersMayBlock { try expect(mode.workers.threadCount >= 8, "the pool did not grow") }
        try expect(answer == [1], "no echo while work blocks")
      },
      Check(name: "shutting down twice gives the same report, and nothing goes on after it") { mode in
        let listener = try await mode.serve(on: type(of: mode).loopback, options: .patient) { stream in
          for try await chunk in stream.inbound { try await stream.write(chunk) }
        }
        let client = try await mode.open(listener.address, options: .patient)
        try await client.write([1])
        _ = try await client.read()
        let sleeper = mode.startBackgroundTask(name: "sleeper") { try await mode.sleep(for: .seconds(3600)) }
        let first = await mode.shutdown(within: .seconds(20))
        let second = await mode.shutdown(within: .seconds(20))
        try expect(first == second && first == ShutdownReport(), "the reports are \(first) and \(second)")
        try expect(!sleeper.isAlive, "a background task outlived the runtime")
        do {
          _ = try await mode.open(listener.address, options: .patient)
          throw ConformanceFailure(description: "a connection was opened after the end")
        } catch let error as AsyncModeError {
          try expect(error.code == .shutDown, "the error is \(error)")
        }
        let ran = await mode.executors[0].run { true }
        try expect(ran, "a job that is posted after the end must still run")
      },
    ]
  }
}

/// Holds threads up until it is opened.
final class Gate: Sendable {
  private let flag = Atomic(false)
  var isOpen: Bool { flag.load(ordering: .acquiring) }
  func wait() { while !isOpen { pauseThread() } }
  func open() { flag.store(true, ordering: .releasing) }
}
