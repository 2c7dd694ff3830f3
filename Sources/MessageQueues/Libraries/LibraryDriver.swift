internal import AsyncModes

/// A driver over a client library of the system, whose sessions have a thread each.
final class LibraryDriver: MessageQueueDriver {
  private let name: String
  private let connect: @Sendable () -> any LibraryConnection

  /// - Parameters:
  ///   - name: of the threads.
  ///   - connect: makes the connection of a session, on its thread.
  init(_ name: String, _ connect: @escaping @Sendable () -> any LibraryConnection) {
    self.name = name
    self.connect = connect
  }

  func open(
    _ subscriptions: [MessageQueueSubscription], on executor: IOExecutor,
    reporting handler: any MessageQueueSessionHandler
  ) -> any MessageQueueSession {
    let session = LibrarySession(executor, handler)
    session.begin(name, subscriptions, connect)
    return session
  }
}
