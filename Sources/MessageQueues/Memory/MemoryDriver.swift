public import AsyncModes
internal import Synchronization

/// The driver of `memory://NAME`: a queue for the servers of one process.
public final class MemoryDriver: MessageQueueDriver {
  private let broker: MemoryBroker

  /// Creates a driver for a broker.
  public init(_ broker: MemoryBroker) { self.broker = broker }

  static var entry: MessageQueueRegistry.Entry {
    .init(schemes: ["memory"]) { url, _ in
      MemoryDriver(.named((url.hosts.first?.name ?? "") + url.path))
    }
  }

  /// Starts to open a session.
  public func open(
    _ subscriptions: [MessageQueueSubscription], on executor: IOExecutor,
    reporting handler: any MessageQueueSessionHandler
  ) -> any MessageQueueSession {
    let session = MemorySession(broker, subscriptions, executor, handler)
    executor.post { session.begin() }
    return session
  }
}

/// A session with a broker in this process.
final class MemorySession: MessageQueueSession, @unchecked Sendable {
  // @unchecked: everything mutable is confined to `executor`.

  let executor: IOExecutor
  /// Messages that were posted to the executor and are not delivered yet.
  let waiting = Atomic(0)
  private let broker: MemoryBroker
  private var subscriptions: [MessageQueueSubscription]
  private var handler: (any MessageQueueSessionHandler)?

  init(
    _ broker: MemoryBroker, _ subscriptions: [MessageQueueSubscription], _ executor: IOExecutor,
    _ handler: any MessageQueueSessionHandler
  ) {
    self.broker = broker
    self.subscriptions = subscriptions
    self.executor = executor
    self.handler = handler
  }

  func begin() {
    guard handler != nil else { return }
    if broker.add(self) { handler?.opened() } else { lose("it is down") }
  }

  func publish(_ payload: SharedBytes, on channel: String) -> Bool {
    broker.publish(payload, on: channel)
    handler?.confirmed(1)
    return true
  }

  func subscribe(to subscription: MessageQueueSubscription) { subscriptions.append(subscription) }

  func probe() {
    executor.post { [self] in handler?.probed() }
  }

  func deliver(_ payload: SharedBytes, _ channel: String) {
    waiting.subtract(1, ordering: .relaxed)
    guard subscriptions.contains(where: { $0.matches(channel) }) else { return }
    handler?.received(payload.storage.span.bytes, on: channel)
  }

  func lose(_ why: String) {
    let handler = handler
    self.handler = nil
    handler?.lost(MessageQueueError(.lost, "the session with the memory queue ended: \(why)"))
  }

  func close() {
    handler = nil
    broker.remove(self)
  }
}
