import AsyncModes
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension AsyncModeConformance {
  /// Attempts to connect, and listeners.
  static var connectingChecks: [Check] {
    [
      Check(name: "nobody listens: the attempt fails") { mode in
        let listener = try await mode.serve(on: type(of: mode).loopback, options: .patient) { _ in }
        await listener.close()
        do {
          _ = try await mode.open(listener.address, options: .patient)
          throw ConformanceFailure(description: "a connection to a closed port was opened")
        } catch let error as AsyncModeError {
          try expect(error.code == .connectFailed && error.errorNumber == ECONNREFUSED, "the error is \(error)")
        }
        do {
          _ = try await mode.open(.unix(path: "/tmp/asyncmodes-nobody-\(getpid()).sock"))
          throw ConformanceFailure(description: "a connection to no socket was opened")
        } catch let error as AsyncModeError {
          try expect(error.code == .connectFailed && error.errorNumber == ENOENT, "the error is \(error)")
        }
      },
      Check(name: "nobody answers: the attempt ends in time, or when its task is cancelled") { mode in
        let silent = try SilentListener()
        defer { silent.close() }
        var options = ConnectionOptions()
        options.connectTimeout = .milliseconds(300)
        var opened: [ByteStream] = []
        var failure: AsyncModeError?
        // The system completes a few connections by itself before it leaves the rest without an answer.
        while failure == nil, opened.count < 50 {
          do {
            opened.append(try await mode.open(silent.address, options: options))
          } catch let error as AsyncModeError {
            failure = error
          }
        }
        try expect(failure?.code == .timedOut, "the attempt ended with \(failure.map { "\($0)" } ?? "success")")
        options.connectTimeout = .seconds(3600)
        let patient = options
        let attempt = Task { try await mode.open(silent.address, options: patient) }
        attempt.cancel()
        do {
          _ = try await attempt.value
          throw ConformanceFailure(description: "the cancelled attempt succeeded")
        } catch let error as AsyncModeError {
          try expect(error.code == .connectFailed, "the error is \(error)")
        }
        for stream in opened { await stream.connection.executor.run { stream.connection.abort() } }
      },
      Check(name: "a wrong option is refused, and named") { mode in
        var options = ListenOptions.patient
        options.connection.highWaterMark = 0
        let wrong = options
        do {
          _ = try await mode.serve(on: type(of: mode).loopback, options: wrong) { _ in }
          throw ConformanceFailure(description: "a high-water mark of 0 was taken")
        } catch let error as AsyncModeError {
          try expect(error.code == .invalidOption && error.message.contains("highWaterMark"), "the error is \(error)")
        }
      },
      Check(name: "a port that is taken is an error") { mode in
        let silent = try SilentListener()
        defer { silent.close() }
        do {
          _ = try await mode.serve(on: silent.address) { _ in }
          throw ConformanceFailure(description: "a port was listened on twice")
        } catch let error as AsyncModeError {
          try expect(error.code == .listenFailed && error.errorNumber == EADDRINUSE, "the error is \(error)")
        }
      },
      Check(name: "a listener is closed while connections arrive: each one ends") { mode in
        for _ in 0..<10 {
          let listener = try await mode.serve(on: type(of: mode).loopback, options: .patient) { stream in
            for try await chunk in stream.inbound { try await stream.write(chunk) }
          }
          await withTaskGroup { group in
            for number in 0..<50 {
              group.addTask {
                // It may be too late to connect, or the connection may be reset unaccepted.
                let executor = mode.executors[number % mode.executors.count]
                guard let client = try? await mode.open(listener.address, options: .patient, on: executor) else {
                  return
                }
                try? await client.write([1])
                _ = try? await client.read()
                client.close()
              }
            }
            group.addTask { await listener.close() }
          }
        }
        try await eventually(mode, "all connections to be gone") { await mode.openConnections == 0 }
      },
      Check(name: "names are looked up") { mode in
        let addresses = try await mode.resolve(host: "localhost", port: 80)
        try expect(addresses.contains { $0.host == "127.0.0.1" || $0.host == "::1" }, "localhost is \(addresses)")
        do {
          _ = try await mode.resolve(host: "no.such.host.invalid", port: 80)
          throw ConformanceFailure(description: "a name that cannot exist was found")
        } catch let error as AsyncModeError {
          try expect(error.code == .connectFailed, "the error is \(error)")
        }
      },
    ]
  }
}

/// A socket that listens, but nobody accepts on it.
struct SilentListener {
  let address: SocketAddress
  private let descriptor: Int32

  init() throws {
    var options = ListenOptions.patient
    options.backlog = 1
    descriptor = try SystemSocket.listening(on: .ip("127.0.0.1", port: 0), options: options, isShared: false)
    guard let address = SystemSocket.localAddress(descriptor) else {
      throw ConformanceFailure(description: "a listening socket has no address")
    }
    self.address = address
  }

  func close() { _ = Glibc.close(descriptor) }
}

extension AsyncMode {
  /// Connections on all executors.
  var openConnections: Int {
    get async {
      var count = 0
      for executor in executors { count += await executor.run { executor.connectionCount } }
      return count
    }
  }
}
