import AsyncModes
import Synchronization

extension AsyncModeConformance {
  /// Jobs and timers.
  static var executorChecks: [Check] {
    [
      Check(name: "jobs from foreign threads run in order, on the executor") { mode in
        let executor = mode.executors[0]
        let threads = 4
        let jobs = 5000
        let seen = Mutex([[Int]](repeating: [], count: threads))
        for thread in 0..<threads {
          startThread(name: "poster") {
            for job in 0..<jobs {
              executor.post { seen.withLock { $0[thread].append(executor.isCurrent ? job : -1) } }
            }
          }
        }
        try await eventually(mode, "all jobs to run") {
          seen.withLock { $0.allSatisfy { $0.count == jobs } }
        }
        try expect(
          seen.withLock { $0.allSatisfy { $0 == Array(0..<jobs) } }, "jobs of one thread were mixed up or ran elsewhere"
        )
      },
      Check(name: "Swift tasks run on the executor that they prefer") { mode in
        for executor in mode.executors {
          let isThere = await Task(executorPreference: executor) {
            await Task.yield()
            return executor.isCurrent
          }.value
          try expect(isThere, "a task ran elsewhere than on executor \(executor.index)")
        }
      },
      Check(name: "a task that gives way again and again lets everything else go on") { mode in
        let gate = Gate()
        let executor = mode.executors[0]
        let greedy = Task(executorPreference: executor) {
          while !gate.isOpen { await Task.yield() }
        }
        for _ in 0..<10 { await executor.run {} }
        try await executor.sleep(for: .milliseconds(1))
        let listener = try await mode.serve(on: type(of: mode).loopback, options: .patient) { stream in
          for try await chunk in stream.inbound { try await stream.write(chunk) }
        }
        let client = try await mode.open(listener.address, options: .patient, on: executor)
        try await client.write([1])
        let answer = try await client.read()
        gate.open()
        await greedy.value
        try expect(answer == [1], "no echo beside a busy task")
      },
      Check(name: "timers fire in order, and not when they are cancelled") { mode in
        let executor = mode.executors[0]
        let fired = Mutex<[Int]>([])
        await executor.run {
          let note = { (number: Int) in { fired.withLock { $0.append(number) } } }
          _ = executor.schedule(after: .milliseconds(30), note(3))
          _ = executor.schedule(after: .milliseconds(10), note(1))
          _ = executor.schedule(after: .milliseconds(20), note(2))
          let cancelled = executor.schedule(after: .milliseconds(15), note(-1))
          executor.cancel(cancelled)
          executor.cancel(cancelled)
          let late = executor.schedule(after: .milliseconds(25), note(-2))
          _ = executor.schedule(after: .milliseconds(5)) { executor.cancel(late) }
          // Equal deadlines fire in the order of scheduling.
          for number in 10..<20 { _ = executor.schedule(after: .zero, note(number)) }
        }
        try await eventually(mode, "the timers to fire") { fired.withLock { $0.count >= 13 } }
        try expect(
          fired.withLock { $0 } == Array(10..<20) + [1, 2, 3], "the timers fired as \(fired.withLock { $0 })")
      },
      Check(name: "a timer never fires early") { mode in
        let executor = mode.executors[0]
        let early = Mutex<[Duration]>([])
        let count = Mutex(0)
        await executor.run {
          for step in 1...50 {
            let delay = Duration.microseconds(step * 313)
            let due = executor.now.advanced(by: delay)
            _ = executor.schedule(after: delay) {
              if executor.now < due { early.withLock { $0.append(executor.now.duration(to: due)) } }
              count.withLock { $0 += 1 }
            }
          }
        }
        try await eventually(mode, "the timers to fire") { count.withLock { $0 == 50 } }
        try expect(early.withLock { $0.isEmpty }, "timers fired early by \(early.withLock { $0 })")
      },
    ]
  }
}
