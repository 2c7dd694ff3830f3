public import AsyncModes
internal import EngineIO
internal import Synchronization

extension SocketIO {
  /// Returns when the server has stopped, whoever stopped it.
  public func waitUntilStopped() async {
    await withCheckedContinuation { continuation in
      let isStopped = state.withLock { state in
        if state.report != nil { return true }
        state.waiters.append(continuation)
        return false
      }
      if isStopped { continuation.resume() }
    }
  }

  /// Stops the server: no more connections, the clients are told, what waits is sent, and the runtime is shut down.
  ///
  /// - Parameter deadline: how long that may take; ``SocketIOOptions/shutdownTimeout`` by default.
  /// - Returns: what had to be left behind.
  @discardableResult
  public func stop(within deadline: Duration? = nil) async -> ShutdownReport {
    let listeners: [any Listener]? = state.withLock { state in
      guard !state.isStopping else { return nil }
      state.isStopping = true
      defer { state.listeners = [] }
      return state.listeners
    }
    guard let listeners else {
      await waitUntilStopped()
      return state.withLock { $0.report } ?? ShutdownReport()
    }
    ServiceNotification.stopping.send()
    for listener in listeners { await listener.close() }
    if isAttached { await engine.closeSessions(.serverShutdown) }
    await options.cluster?.stop()
    // One that only emits to the clients of others has no runtime to shut down.
    let report = isAttached ? await mode.shutdown(within: deadline ?? options.shutdownTimeout) : ShutdownReport()
    let waiters = state.withLock { state in
      state.report = report
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
    return report
  }
}
