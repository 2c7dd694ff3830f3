internal import Synchronization

/// The tasks of a mode: counted from when they are asked for, and cancelled together when the mode shuts down.
public final class TaskRegistry: Sendable {
  private struct State {
    var handles: [ObjectIdentifier: TaskHandle] = [:]
    var isShutDown = false
  }
  private let state = Mutex(State())

  /// Creates an empty registry.
  public init() {}

  /// The number of tasks that were added and have not ended.
  public var count: Int { state.withLock { $0.handles.count } }

  /// Counts a task that is about to be started; its ``TaskHandle/run(_:)`` is then to be called.
  ///
  /// After ``cancelAll()`` it runs cancelled from the start.
  public func add() -> TaskHandle {
    let handle = TaskHandle(registry: self)
    let isShutDown = state.withLock { state in
      state.handles[ObjectIdentifier(handle)] = handle
      return state.isShutDown
    }
    if isShutDown { handle.cancel() }
    return handle
  }

  func remove(_ handle: TaskHandle) { state.withLock { $0.handles[ObjectIdentifier(handle)] = nil } }

  /// Cancels all tasks, and those that are still to come.
  public func cancelAll() {
    let handles = state.withLock { state in
      state.isShutDown = true
      return Array(state.handles.values)
    }
    for handle in handles { handle.cancel() }
  }

  /// Whether the calling task, or one that it is a part of, was started through this registry.
  var isCurrentTaskRegistered: Bool { Self.current === self }

  @TaskLocal static var current: TaskRegistry?
}
