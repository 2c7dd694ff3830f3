internal import Synchronization

/// Operations on their way from any thread to the one task that starts them.
///
/// A stream would do the same one by one. What is taken here is taken with everything that has come meanwhile.
package final class TaskIntake: Sendable {
  /// What is to be run.
  package typealias Operation = @Sendable () async -> Void

  private struct State {
    var operations: [Operation] = []
    var isFinished = false
    var waiter: CheckedContinuation<[Operation]?, Never>?

    mutating func takeWaiter() -> CheckedContinuation<[Operation]?, Never>? {
      defer { waiter = nil }
      return waiter
    }
  }
  private let state = Mutex(State())

  /// Creates an empty one.
  package init() {}

  /// Gives an operation to the task.
  ///
  /// - Returns: whether it was taken; not after ``finish()``.
  package func add(_ operation: @escaping Operation) -> Bool {
    let (isTaken, waiter) = state.withLock { state in
      guard !state.isFinished else { return (false, nil as CheckedContinuation<[Operation]?, Never>?) }
      let waiter = state.takeWaiter()
      if waiter == nil { state.operations.append(operation) }
      return (true, waiter)
    }
    waiter?.resume(returning: [operation])
    return isTaken
  }

  /// Takes no more operations.
  package func finish() {
    let waiter = state.withLock { state in
      state.isFinished = true
      return state.takeWaiter()
    }
    waiter?.resume(returning: nil)
  }

  /// What has come, as soon as there is something; `nil` when it is finished and empty. For one task only.
  package func next() async -> [Operation]? {
    await withCheckedContinuation { continuation in
      let operations: [Operation]?? = state.withLock { state in
        if !state.operations.isEmpty {
          defer { state.operations = [] }
          return .some(state.operations)
        }
        if state.isFinished { return .some(nil) }
        state.waiter = continuation
        return .none
      }
      if let operations { continuation.resume(returning: operations) }
    }
  }
}
