internal import Synchronization

/// Something that comes once, later: whoever waits gets it, and whoever asks after it has come, too.
final class Answer<Value: Sendable>: Sendable {
  private struct State {
    var result: Result<Value, any Error>?
    var waiters: [Int: CheckedContinuation<Value, any Error>] = [:]
    var nextID = 0
  }
  private let state = Mutex(State())

  /// What has come.
  var result: Result<Value, any Error>? { state.withLock { $0.result } }

  /// It has come; only the first call counts.
  func resolve(_ result: Result<Value, any Error>) {
    let waiters = state.withLock { state in
      guard state.result == nil else { return [CheckedContinuation<Value, any Error>]() }
      state.result = result
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.resume(with: result) }
  }

  /// Waits for it.
  ///
  /// - Parameters:
  ///   - patience: how long, in the time of the system: a test must come to its end.
  ///   - late: the error if it does not come.
  func value(within patience: Duration, _ late: TestClientError) async throws -> Value {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    let guardian = Task { [weak self] in
      try await Task.sleep(for: patience)
      self?.give(up: id, late)
    }
    defer { guardian.cancel() }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let result: Result<Value, any Error>? = state.withLock { state in
          if let result = state.result { return result }
          if Task.isCancelled { return .failure(CancellationError()) }
          state.waiters[id] = continuation
          return nil
        }
        if let result { continuation.resume(with: result) }
      }
    } onCancel: {
      give(up: id, CancellationError())
    }
  }

  private func give(up id: Int, _ error: any Error) {
    state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(throwing: error)
  }
}
