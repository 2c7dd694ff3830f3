internal import AsyncModes
internal import HTTPServing

/// Backpressure: whoever sends can wait until the client has caught up.
extension EngineSession {
  /// Whether the client keeps up: at most half of ``EngineConfiguration/maxOutgoingBytes`` waits for it.
  public var isWritable: Bool { outgoingBytes <= context.maxOutgoingBytes / 2 }

  /// Offers what was sent to the system now, instead of at the end of the executor's turn.
  public func flush() { webSocket?.connection.flush() }

  /// Suspends the calling task until the client keeps up; see ``isWritable``. May be called from anywhere.
  ///
  /// - Returns: whether the session is open.
  /// - Throws: `CancellationError` as soon as the calling task is cancelled.
  @discardableResult
  public func waitUntilWritable() async throws -> Bool {
    let writer = WaitingWriter()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Bool, any Error>) in
        executor.execute { self.add(writer, continuation) }
      }
    } onCancel: {
      executor.post { self.cancel(writer) }
    }
  }

  private func add(_ writer: WaitingWriter, _ continuation: CheckedContinuation<Bool, any Error>) {
    if writer.isCancelled { return continuation.resume(throwing: CancellationError()) }
    // What was written in this turn has not been offered to the system yet.
    if isOpen, !isWritable { flush() }
    guard isOpen, !isWritable else { return continuation.resume(returning: isOpen) }
    writer.continuation = continuation
    writers.append(writer)
  }

  private func cancel(_ writer: WaitingWriter) {
    writer.isCancelled = true
    writers.removeAll { $0 === writer }
    writer.continuation?.resume(throwing: CancellationError())
    writer.continuation = nil
  }

  /// Lets the waiting tasks go on, if there is room or nothing to wait for any more.
  func resumeWriters() {
    guard !writers.isEmpty, !isOpen || isWritable else { return }
    let writers = writers
    self.writers = []
    for writer in writers {
      writer.continuation?.resume(returning: isOpen)
      writer.continuation = nil
    }
  }
}

/// A task that waits for room; confined to the executor of its session.
final class WaitingWriter: @unchecked Sendable {
  // @unchecked: confined to the executor of its session.
  var continuation: CheckedContinuation<Bool, any Error>?
  var isCancelled = false
}
