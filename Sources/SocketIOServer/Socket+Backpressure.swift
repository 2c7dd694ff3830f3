internal import EngineIO

extension Socket {
  /// Suspends the calling task until at most half of `EngineConfiguration.maxOutgoingBytes` waits for the client.
  ///
  /// What was emitted to the client before is counted. Emitting itself never waits: a handler that sends much to one
  /// client calls this between its events, and no client can then be too slow for it.
  ///
  /// ```swift
  /// for row in table {
  ///   guard try await socket.waitUntilWritable() else { return }   // the client has left
  ///   socket.emit("row", values: [row])
  /// }
  /// ```
  /// - Returns: whether the client is still connected.
  /// - Throws: `CancellationError` as soon as the calling task is cancelled.
  @discardableResult
  public func waitUntilWritable() async throws -> Bool { try await client.session.waitUntilWritable() }
}
