internal import AsyncModes

/// The root of a mode's user code: one task, whose children run on Swift's cooperative pool.
///
/// Cancelling it cancels them all, and they inherit the task-local values of whoever created the mode.
final class TaskRoot: Sendable {
  private let intake = TaskIntake()
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
  func add(_ operation: @escaping TaskIntake.Operation) {
    if !intake.add(operation) { Task { await operation() } }
  }

  /// Takes no more operations; the task ends with the last child.
  func finish() { intake.finish() }
}
