internal import AsyncModes
internal import Synchronization

/// The root of a mode's user code: one task, whose children run on Swift's cooperative pool.
///
/// Cancelling it cancels them all, and they inherit the task-local values of whoever created the mode.
final class TaskRoot: Sendable {
  typealias Operation = @Sendable () async -> Void

  private let intake: AsyncStream<Operation>.Continuation
  private let task: Task<Void, Never>

  init() {
    let (operations, intake) = AsyncStream.makeStream(of: Operation.self)
    self.intake = intake
    task = Task {
      await withDiscardingTaskGroup { group in
        for await operation in operations { group.addTask { await operation() } }
      }
    }
  }

  /// Runs an operation as a child; after ``finish()`` as a task of its own, so that whoever waits for it is told.
  func add(_ operation: @escaping Operation) {
    if case .terminated = intake.yield(operation) { Task { await operation() } }
  }

  /// Takes no more operations; the task ends with the last child.
  func finish() { intake.finish() }
}
