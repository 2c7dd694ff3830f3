internal import Synchronization

/// The root of a mode's user code: one task, whose children run on Swift's cooperative pool.
///
/// Cancelling it cancels them all, and they inherit the task-local values of whoever created the mode.
final class TaskRoot: Sendable {
  typealias Operation = @Sendable () async -> Void

  private let intake = Intake()
  private let task: Task<Void, Never>

  init() {
    task = Task { [intake] in
      await withDiscardingTaskGroup { group in
        while let operations = await intake.next() {
          for operation in operations { group.addTask { await operation() } }
        }
      }
    }
  }

  /// Runs an operation as a child; after ``finish()`` as a task of its own, so that whoever waits for it is told.
  func add(_ operation: @escaping Operation) {
    if !intake.add(operation) { Task { await operation() } }
  }

  /// Takes no more operations; the task ends with the last child.
  func finish() { intake.finish() }

  /// The operations that the task has not started yet. A stream would do the same one by one, at a greater cost.
  private final class Intake: Sendable {
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

    /// Returns whether it was taken.
    func add(_ operation: @escaping Operation) -> Bool {
      let (isTaken, waiter) = state.withLock { state in
        guard !state.isFinished else { return (false, nil as CheckedContinuation<[Operation]?, Never>?) }
        let waiter = state.takeWaiter()
        if waiter == nil { state.operations.append(operation) }
        return (true, waiter)
      }
      waiter?.resume(returning: [operation])
      return isTaken
    }

    func finish() {
      let waiter = state.withLock { state in
        state.isFinished = true
        return state.takeWaiter()
      }
      waiter?.resume(returning: nil)
    }

    /// What has come, as soon as there is something; `nil` at the end.
    func next() async -> [Operation]? {
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
}
