import AsyncModes
import Synchronization

/// Runs an operation, and gives up waiting for it after a while.
///
/// The time is kept by a thread of its own, so that it passes whatever the runtime under test does to Swift's pool.
///
/// - Throws: what the operation threw, or ``ConformanceFailure``. The operation is then cancelled and left behind.
func withDeadline<Value: Sendable>(
  _ limit: Duration, _ what: String, _ operation: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  let race = Race<Value>()
  let task = Task {
    do {
      race.end(.success(try await operation()))
    } catch {
      race.end(.failure(error))
    }
  }
  let clock = ContinuousClock()
  let end = clock.now + limit
  startThread(name: "deadline") {
    while !race.isOver {
      if clock.now > end {
        race.end(.failure(ConformanceFailure(description: "\(what) did not end within \(limit)")))
        task.cancel()
      }
      pauseThread()
    }
  }
  return try await withTaskCancellationHandler {
    try await withCheckedContinuation { race.wait($0) }.get()
  } onCancel: {
    task.cancel()
  }
}

/// The first of several results.
private final class Race<Value: Sendable>: Sendable {
  private struct State {
    var result: Result<Value, any Error>?
    var waiter: CheckedContinuation<Result<Value, any Error>, Never>?
  }
  private let state = Mutex(State())

  var isOver: Bool { state.withLock { $0.result != nil } }

  func end(_ result: Result<Value, any Error>) {
    let waiter = state.withLock { state in
      guard state.result == nil else { return nil as CheckedContinuation<Result<Value, any Error>, Never>? }
      state.result = result
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume(returning: result)
  }

  func wait(_ continuation: CheckedContinuation<Result<Value, any Error>, Never>) {
    let result = state.withLock { state in
      if state.result == nil { state.waiter = continuation }
      return state.result
    }
    if let result { continuation.resume(returning: result) }
  }
}
