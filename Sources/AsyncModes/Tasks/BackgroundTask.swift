internal import Logging
internal import Synchronization

/// A task that runs beside the server; see ``AsyncMode/startBackgroundTask(name:logger:_:)``.
public final class BackgroundTask<Success: Sendable>: Sendable {
  private struct State {
    var result: Result<Success, any Error>?
    var joiners: [CheckedContinuation<Result<Success, any Error>, Never>] = []
  }
  private let handle = TaskHandle(registry: nil)
  private let state = Mutex(State())

  /// What the task is called in logs.
  public let name: String

  init(name: String) { self.name = name }

  /// Whether the task has not ended yet.
  public var isAlive: Bool { state.withLock { $0.result == nil } }

  /// Asks the task to end; it sees `Task.isCancelled`.
  public func cancel() { handle.cancel() }

  /// Waits for the end of the task.
  ///
  /// - Returns: what the operation returned.
  /// - Throws: what the operation threw; the error is kept, so every joiner gets it.
  public func join() async throws -> Success {
    let result = await withCheckedContinuation { continuation in
      let result = state.withLock { state in
        if state.result == nil { state.joiners.append(continuation) }
        return state.result
      }
      if let result { continuation.resume(returning: result) }
    }
    return try result.get()
  }

  /// Runs the operation as the task that calls it, and keeps how it ended.
  func run(_ operation: @escaping @Sendable () async throws -> Success, _ logger: Logger) async {
    await handle.run { [self] in
      let outcome: Result<Success, any Error>
      do { outcome = .success(try await operation()) } catch { outcome = .failure(error) }
      end(outcome, logger)
    }
  }

  private func end(_ outcome: Result<Success, any Error>, _ logger: Logger) {
    if case .failure(let error) = outcome, !(error is CancellationError) {
      logger.error("background task \"\(name)\" failed: \(error)", metadata: ["task": "\(name)"])
    }
    let joiners = state.withLock { state in
      state.result = outcome
      defer { state.joiners = [] }
      return state.joiners
    }
    for joiner in joiners { joiner.resume(returning: outcome) }
  }
}
