extension IOExecutor {
  /// Runs a closure on this executor and returns what it returns; at once if the caller is on it already.
  public final func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    if isCurrent { return body() }
    return await withCheckedContinuation { continuation in
      post { continuation.resume(returning: body()) }
    }
  }

  /// Suspends the calling task until `duration` has passed on this executor's clock.
  ///
  /// - Throws: `CancellationError` as soon as the calling task is cancelled, or ``AsyncModeError`` with the code
  ///   `shutDown` if the executor ends meanwhile.
  public final func sleep(for duration: Duration) async throws {
    let sleeper = Sleeper()
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        execute { sleeper.begin(continuation, self, duration) }
      }
    } onCancel: {
      post { sleeper.cancel(on: self) }
    }
  }
}

/// One sleeping task.
private final class Sleeper: TimerTarget, @unchecked Sendable {
  // @unchecked: confined to the executor that the sleep runs on.
  private var continuation: CheckedContinuation<Void, any Error>?
  private var timer = TimerID.none
  private var isCancelled = false

  func begin(_ continuation: CheckedContinuation<Void, any Error>, _ executor: IOExecutor, _ duration: Duration) {
    if isCancelled {
      continuation.resume(throwing: CancellationError())
      return
    }
    self.continuation = continuation
    guard !executor.isEnded else { return executorEnded() }
    timer = executor.schedule(after: duration, self)
  }

  func cancel(on executor: IOExecutor) {
    isCancelled = true
    executor.cancel(timer)
    continuation?.resume(throwing: CancellationError())
    continuation = nil
  }

  func timerFired() {
    continuation?.resume()
    continuation = nil
  }

  func executorEnded() {
    continuation?.resume(throwing: AsyncModeError(.shutDown, "the runtime has been shut down"))
    continuation = nil
  }
}
