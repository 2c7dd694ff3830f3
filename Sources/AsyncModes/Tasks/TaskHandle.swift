internal import Synchronization

/// A task of user code, which can be cancelled before it has started and while it runs.
public final class TaskHandle: Sendable {
  private struct State {
    var task: UnsafeTask?
    var isCancelled = false
    /// Threads that are cancelling the task now: it does not end before they are through.
    var cancellers = 0
    var ending: CheckedContinuation<Void, Never>?
  }
  private struct UnsafeTask: @unchecked Sendable {
    // @unchecked: the task does not end while it is used, see `cancellers`.
    let task: UnsafeCurrentTask
  }
  private let state = Mutex(State())
  private let registry: TaskRegistry?

  init(registry: TaskRegistry?) { self.registry = registry }

  /// Cancels the task. No lock is held while its cancellation handlers run.
  public func cancel() {
    let task: UnsafeTask? = state.withLock { state in
      state.isCancelled = true
      if state.task != nil { state.cancellers += 1 }
      return state.task
    }
    guard let task else { return }
    task.task.cancel()
    let ending = state.withLock { state in
      state.cancellers -= 1
      guard state.cancellers == 0 else { return nil as CheckedContinuation<Void, Never>? }
      defer { state.ending = nil }
      return state.ending
    }
    ending?.resume()
  }

  /// Runs the operation as a part of the calling task, which is the one that ``cancel()`` concerns meanwhile.
  public func run(_ operation: @escaping @Sendable () async -> Void) async {
    await withUnsafeCurrentTask { task in
      let isCancelled = state.withLock { state in
        state.task = task.map { UnsafeTask(task: $0) }
        return state.isCancelled
      }
      if isCancelled { task?.cancel() }
      if let registry {
        await TaskRegistry.$current.withValue(registry) { await operation() }
      } else {
        await operation()
      }
      await detach()
    }
    registry?.remove(self)
  }

  /// From here on the task cannot be cancelled by this handle.
  private func detach() async {
    let isFree = state.withLock { state in
      state.task = nil
      return state.cancellers == 0
    }
    if isFree { return }
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        if state.cancellers > 0 { state.ending = continuation }
        return state.cancellers == 0
      }
      if isFree { continuation.resume() }
    }
  }
}
