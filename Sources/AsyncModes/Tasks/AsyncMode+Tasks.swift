public import Logging

extension AsyncMode {
  /// Starts an operation that runs beside everything else, where this mode runs user code.
  ///
  /// An error that the operation throws is logged and kept for ``BackgroundTask/join()``. The task is cancelled when the
  /// mode shuts down.
  ///
  /// - Parameters:
  ///   - name: what the task is called in logs.
  ///   - logger: where an error is reported.
  ///   - operation: what to do.
  /// - Returns: the task, to be joined, cancelled or asked whether it is alive; it may be ignored.
  @discardableResult
  public func startBackgroundTask<Success: Sendable>(
    name: String = "background", logger: Logger = Logger(label: "asyncmodes.tasks"),
    _ operation: @escaping @Sendable () async throws -> Success
  ) -> BackgroundTask<Success> {
    let task = BackgroundTask<Success>(name: name)
    startTask(on: nil) { await task.run(operation, logger) }
    return task
  }

  /// Runs work that blocks, such as a query of a database, on a thread of ``workers``.
  ///
  /// - Parameter work: what to do; it is not interrupted when the calling task is cancelled.
  /// - Returns: what the work returned.
  /// - Throws: what the work threw, or ``AsyncModeError`` with the code `overloaded` if too much work waits already.
  public func runBlocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
      do throws(AsyncModeError) {
        try workers.submit { continuation.resume(returning: Result { try work() }) }
      } catch {
        continuation.resume(returning: .failure(error))
      }
    }
    return try result.get()
  }
}
