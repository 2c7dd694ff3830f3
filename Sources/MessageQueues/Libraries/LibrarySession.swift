internal import AsyncModes
internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A session over a client library: the library has a thread, the session an executor, and two bounded queues lie between.
///
/// ```
///   executor ── publish, subscribe, probe ──► orders  ──► thread ──► LibraryConnection ──► the queue
///            ◄── handler ◄── reports ◄───────────────────┘
/// ```
final class LibrarySession: MessageQueueSession, @unchecked Sendable {
  // @unchecked: `handler` and `isFull` are confined to `executor`, `shared` is locked, the rest never changes.

  private enum Order {
    case publish(SharedBytes, channel: String)
    case subscribe(MessageQueueSubscription)
    case probe
  }
  private struct Shared {
    var orders: [Order] = []
    /// Bytes of payloads that the thread has not handed to the library yet.
    var outgoingBytes = 0
    /// Bytes of messages that the executor has not handled yet.
    var incomingBytes = 0
    var isEnded = false
  }

  private let executor: IOExecutor
  private var handler: (any MessageQueueSessionHandler)?
  private var isFull = false
  private let shared = Mutex(Shared())
  private let pipe = WakePipe()

  /// The bound of either queue, in bytes; one payload more may wait.
  private static let maxWaitingBytes = 8 << 20

  init(_ executor: IOExecutor, _ handler: any MessageQueueSessionHandler) {
    self.executor = executor
    self.handler = handler
  }

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - name: of the thread.
  ///   - make: makes the connection, on the thread.
  func begin(
    _ name: String, _ subscriptions: [MessageQueueSubscription], _ make: @escaping @Sendable () -> any LibraryConnection
  ) {
    let isStarted = pipe.isUsable && startThread(name: name) { [self] in run(make(), subscriptions) }
    guard !isStarted else { return }
    executor.post { [self] in
      lose(MessageQueueError(.unavailable, "the system gives no thread or descriptor for the message queue"))
    }
  }

  // MARK: On the executor

  func publish(_ payload: SharedBytes, on channel: String) -> Bool {
    let isTaken = shared.withLock { shared in
      guard shared.outgoingBytes <= Self.maxWaitingBytes else { return false }
      shared.outgoingBytes += payload.count + 64
      shared.orders.append(.publish(payload, channel: channel))
      return true
    }
    isFull = !isTaken
    if isTaken { wake() }
    return isTaken
  }

  func subscribe(to subscription: MessageQueueSubscription) { give(.subscribe(subscription)) }

  func probe() { give(.probe) }

  private func give(_ order: Order) {
    shared.withLock { $0.orders.append(order) }
    wake()
  }

  func close() {
    handler = nil
    shared.withLock { $0.isEnded = true }
    wake()
  }

  private func lose(_ error: MessageQueueError) {
    let handler = handler
    self.handler = nil
    handler?.lost(error)
  }

  private func take(_ reports: [LibraryReport]) {
    for report in reports {
      switch report {
      case .message(let bytes, let channel): handler?.received(bytes.span.bytes, on: channel)
      case .confirmed(let count): handler?.confirmed(count)
      case .rejected(let error): handler?.rejected(error)
      case .probed: handler?.probed()
      }
    }
    let cost = reports.reduce(0) { $0 + $1.cost }
    let mustWake = shared.withLock { shared in
      defer { shared.incomingBytes -= cost }
      return shared.incomingBytes > Self.maxWaitingBytes
    }
    if mustWake { wake() }
  }

  private func roomHasCome() {
    guard isFull else { return }
    isFull = false
    handler?.drained()
  }

  private func wake() { pipe.wake() }

  // MARK: On the thread

  private func run(_ connection: any LibraryConnection, _ subscriptions: [MessageQueueSubscription]) {
    defer { connection.close() }
    do throws(MessageQueueError) {
      try connection.open(subscriptions)
      executor.post { [self] in handler?.opened() }
      while try turn(connection) {}
    } catch {
      executor.post { [self] in lose(error) }
    }
  }

  /// Carries out what was ordered, tells what has come, and waits for either.
  ///
  /// - Returns: whether the session goes on.
  private func turn(_ connection: any LibraryConnection) throws(MessageQueueError) -> Bool {
    let (orders, isEnded, mayReceive) = shared.withLock { shared in
      defer { shared.orders = [] }
      return (shared.orders, shared.isEnded, shared.incomingBytes <= Self.maxWaitingBytes)
    }
    guard !isEnded else { return false }
    for order in orders { try carryOut(order, connection) }
    var reports: [LibraryReport] = []
    if mayReceive {
      var failure: MessageQueueError?
      do throws(MessageQueueError) { try connection.receive { reports.append($0) } } catch { failure = error }
      if !reports.isEmpty { deliver(reports) }
      if let failure { throw failure }
    }
    if orders.isEmpty, reports.isEmpty { wait(mayReceive ? connection.descriptor : -1) }
    return true
  }

  private func carryOut(_ order: Order, _ connection: any LibraryConnection) throws(MessageQueueError) {
    switch order {
    case .subscribe(let subscription): try connection.subscribe(to: subscription)
    case .probe: try connection.probe()
    case .publish(let payload, let channel):
      var failure: MessageQueueError?
      payload.storage.withUnsafeBytes { bytes in
        do throws(MessageQueueError) { try connection.publish(bytes, on: channel) } catch { failure = error }
      }
      if let failure { throw failure }
      let hasRoom = shared.withLock { shared in
        let wasOver = shared.outgoingBytes > Self.maxWaitingBytes
        shared.outgoingBytes -= payload.count + 64
        return wasOver && shared.outgoingBytes <= Self.maxWaitingBytes
      }
      if hasRoom { executor.post { [self] in roomHasCome() } }
    }
  }

  private func deliver(_ reports: [LibraryReport]) {
    shared.withLock { $0.incomingBytes += reports.reduce(0) { $0 + $1.cost } }
    executor.post { [self] in take(reports) }
  }

  /// Waits for a descriptor, for an order, or for a second, after which libraries want to be called for their heartbeats.
  private func wait(_ descriptor: Int32) {
    var descriptors = [
      pollfd(fd: pipe.readEnd, events: Int16(POLLIN), revents: 0),
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
    ]
    _ = poll(&descriptors, 2, 1000)
    pipe.drain()
  }
}
