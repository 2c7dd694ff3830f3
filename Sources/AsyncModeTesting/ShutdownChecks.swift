import AsyncModes
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension AsyncModeConformance {
  /// The end of a runtime.
  static var shutdownChecks: [Check] {
    [
      Check(name: "shutting down closes open connections and tells their handlers") { mode in
        let (client, server) = try await mode.makeRecorded()
        let (other, _) = try await mode.makeRecorded()
        let report = await mode.shutdown(within: .seconds(30))
        try expect(report == ShutdownReport(), "shutting down left something behind: \(report)")
        try await eventually(nil, "the handler to be told") { server.notes.closings.count == 1 }
        // Both ends close at the same time: either may see the other's end first, which the handler answers by closing.
        try expect([.shutdown, .local].contains(server.notes.closings[0]), "it was told \(server.notes.closings)")
        for stream in [client, other] {
          do {
            try await stream.write([1])
            throw ConformanceFailure(description: "a connection took bytes after the end of its runtime")
          } catch is AsyncModeError {}
        }
      },
      Check(name: "a peer that takes nothing does not hold the end up", leavesSomething: true) { mode in
        let listener = try await mode.listen(on: type(of: mode).loopback, options: .patient) { connection in
          let stream = ByteStream(connection)
          connection.write(SharedBytes([UInt8](repeating: 1, count: 12_000_000)))
          return stream
        }
        let peer = try SystemSocket.connecting(to: listener.address)
        defer { _ = Glibc.close(peer) }
        try await eventually(mode, "the connection") { await mode.openConnections == 1 }
        let report = await mode.shutdown(within: .milliseconds(100))
        try expect(report.abortedConnections == 1, "the report is \(report)")
      },
      Check(name: "nobody waits for ever for a runtime that has ended") { mode in
        let silent = try SilentListener()
        defer { silent.close() }
        var options = ConnectionOptions()
        options.connectTimeout = .seconds(3600)
        options.lingerTimeout = .milliseconds(100)
        let patient = options
        let attempts = (0..<20).map { _ in Task { try? await mode.open(silent.address, options: patient).read() } }
        let sleeper = Task { try? await mode.sleep(for: .seconds(1)) }
        let (client, _) = try await mode.makeRecorded()
        let reading = Task { try? await client.read() }
        let report = await mode.shutdown(within: .seconds(30))
        try expect(report == ShutdownReport(), "shutting down left something behind: \(report)")
        for attempt in attempts { _ = await attempt.value }
        _ = await sleeper.value
        _ = await reading.value
        let late = mode.startBackgroundTask(name: "late") { Task.isCancelled }
        let isCancelled = try await late.join()
        try expect(isCancelled, "a task that is started after the end is not cancelled")
        try? await mode.sleep(for: .milliseconds(1))
        do {
          _ = try await mode.runBlocking { 1 }
          throw ConformanceFailure(description: "blocking work was taken after the end")
        } catch let error as AsyncModeError {
          try expect(error.code == .shutDown, "the error is \(error)")
        }
        do {
          _ = try await mode.serve(on: type(of: mode).loopback, options: .patient) { _ in }
          throw ConformanceFailure(description: "a runtime that has ended listens")
        } catch let error as AsyncModeError {
          try expect(error.code == .shutDown, "the error is \(error)")
        }
      },
      Check(name: "a task that does not heed its cancellation is reported", leavesSomething: true) { mode in
        let gate = Gate()
        let stubborn = mode.startBackgroundTask(name: "stubborn") {
          while !gate.isOpen { await Task.yield() }
        }
        let report = await mode.shutdown(within: .milliseconds(100))
        gate.open()
        try await stubborn.join()
        try expect(report.unfinishedTasks == 1, "the report is \(report)")
      },
      Check(name: "cancelling tasks holds no lock") { mode in
        let started = Gate()
        let task = mode.startBackgroundTask(name: "outer") {
          await withTaskCancellationHandler {
            started.open()
            while !Task.isCancelled { await Task.yield() }
          } onCancel: {
            mode.startBackgroundTask(name: "inner") {}
          }
        }
        try await eventually(mode, "the task to start") { started.isOpen }
        let report = await mode.shutdown(within: .seconds(30))
        try await task.join()
        try expect(report == ShutdownReport(), "shutting down left something behind: \(report)")
      },
    ]
  }
}
