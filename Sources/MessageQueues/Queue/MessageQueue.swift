public import AsyncModes
internal import Logging
internal import Synchronization

/// A message queue that servers share: publishes, receives, and does not go deaf.
///
/// It keeps one session with the queue open. A session that fails or does not answer a probe is given up and a new one is
/// tried, with back-off and jitter, for as long as the program runs. What is published meanwhile waits, up to a bound;
/// what goes beyond it, and everything else that is lost, is counted. Publishing never waits and may be done from any
/// thread; what is published from one place arrives in that order.
///
/// Not guaranteed: that every payload arrives. A queue that was away has no memory of what was published by others
/// meanwhile.
public final class MessageQueue: @unchecked Sendable {
  // @unchecked: the mutable state is behind `shared`'s lock or confined to `executor`.

  struct Shared {
    var outbox = Outbox()
    var counters = MessageQueueCounters()
    var isFlushPosted = false
    var state = MessageQueueState.idle
    var stateSince: MonotonicInstant
    var probeRoundTrip: Duration?
    var lastError: MessageQueueError?
    var flushWaiters: [CheckedContinuation<Void, Never>] = []
  }

  /// Where messages are delivered.
  public let executor: IOExecutor
  /// Bounds, time limits and policies.
  public let options: MessageQueueOptions
  let driver: any MessageQueueDriver
  let shared: Mutex<Shared>

  // Confined to `executor`.
  var receiver: (any MessageQueueReceiver)?
  var subscriptions: [MessageQueueSubscription] = []
  var attempt: MessageQueueAttempt?
  var isHeld = false
  var failures = 0
  var hasBeenConnected = false
  var timer = TimerID.none
  var malformedSinceLog = 0
  var lastMalformedLog: MonotonicInstant?

  /// Creates a queue over a driver; nothing is connected before ``start(delivering:to:)``.
  ///
  /// - Throws: ``MessageQueueError`` with the code `invalidOption`.
  public init(
    driver: any MessageQueueDriver, executor: IOExecutor, options: MessageQueueOptions = MessageQueueOptions()
  ) throws(MessageQueueError) {
    try options.validate()
    self.driver = driver
    self.executor = executor
    self.options = options
    shared = Mutex(Shared(stateSince: executor.now))
  }

  /// Creates a queue of a URL such as `redis://localhost:6379/0`.
  ///
  /// - Parameters:
  ///   - url: which queue; the part before `://` chooses the driver.
  ///   - mode: the runtime that it runs on.
  ///   - executor: one of the runtime's executors; the first one by default.
  ///   - options: see ``MessageQueueOptions``.
  ///   - registry: where drivers are looked up.
  /// - Throws: ``MessageQueueError`` with the code `invalidURL`, `unknownScheme`, `unavailable` or `invalidOption`.
  public convenience init(
    url: String, mode: any AsyncMode, executor: IOExecutor? = nil,
    options: MessageQueueOptions = MessageQueueOptions(), registry: MessageQueueRegistry = .shared
  ) throws(MessageQueueError) {
    let url = try MessageQueueURL(url)
    try self.init(
      driver: try registry.driver(for: url, mode: mode), executor: executor ?? mode.executors[0], options: options)
  }

  deinit {
    // Whoever forgets to close it leaves no connection behind.
    guard let session = attempt?.session else { return }
    executor.post { [box = Confined(session)] in box.value.close() }
  }

  // MARK: Starting and ending

  /// Connects, and goes on connecting until ``close()``.
  ///
  /// - Parameters:
  ///   - subscriptions: what to receive; empty for those who only publish.
  ///   - receiver: who gets the messages; held until the queue is closed.
  public func start(delivering subscriptions: [MessageQueueSubscription], to receiver: (any MessageQueueReceiver)?) {
    executor.execute { [self] in
      guard state == .idle else { return }
      self.subscriptions += subscriptions
      self.receiver = receiver
      change(to: .connecting)
      open()
    }
  }

  /// Receives from a further channel from now on.
  public func subscribe(to subscription: MessageQueueSubscription) {
    executor.execute { [self] in
      guard !subscriptions.contains(subscription), state != .closed else { return }
      subscriptions.append(subscription)
      if let attempt, attempt.isOpen { attempt.session?.subscribe(to: subscription) }
    }
  }

  /// Ends the session; what still waits is thrown away and counted as dropped. See ``flush(within:)``.
  public func close() async {
    await executor.run { [self] in
      guard state != .closed else { return }
      executor.cancel(timer)
      timer = .none
      endAttempt()
      receiver?.changed(to: .closed)
      receiver = nil
      let waiters = shared.withLock { shared in
        shared.counters.dropped += shared.outbox.removeAll()
        shared.state = .closed
        shared.stateSince = executor.now
        defer { shared.flushWaiters = [] }
        return shared.flushWaiters
      }
      for waiter in waiters { waiter.resume() }
    }
  }

  // MARK: Publishing

  /// Publishes a payload. Never waits; may be called from any thread.
  ///
  /// - Throws: ``MessageQueueError`` with the code `payloadTooLarge`, `closed`, or, under the drop policy `error`,
  ///   `queueFull`.
  public func publish(_ payload: SharedBytes, on channel: String) throws(MessageQueueError) {
    guard payload.count <= options.maxPayloadBytes else {
      shared.withLock { $0.counters.refused += 1 }
      throw MessageQueueError(
        .payloadTooLarge,
        "a message for the queue has \(payload.count) bytes, but maxPayloadBytes is \(options.maxPayloadBytes)")
    }
    let (error, mustPost) = shared.withLock { shared -> (MessageQueueError?, Bool) in
      if shared.state == .closed {
        shared.counters.refused += 1
        return (MessageQueueError(.closed, "the message queue is closed"), false)
      }
      switch shared.outbox.append(Outbox.Item(payload: payload, channel: channel), options) {
      case .waits: break
      case .droppedOldest(let count): shared.counters.dropped += count
      case .droppedNewest: shared.counters.dropped += 1
      case .refused:
        shared.counters.refused += 1
        return (
          MessageQueueError(
            .queueFull, "\(shared.outbox.count) messages with \(shared.outbox.bytes) bytes wait for the queue already"),
          false
        )
      }
      guard shared.state == .connected, !shared.isFlushPosted else { return (nil, false) }
      shared.isFlushPosted = true
      return (nil, true)
    }
    if mustPost { executor.post { [self] in pump() } }
    if let error { throw error }
  }

  /// Waits until everything that was published so far is with the queue, or is lost and counted.
  ///
  /// - Parameter limit: how long to wait.
  /// - Returns: whether nothing waits any more.
  @discardableResult
  public func flush(within limit: Duration) async -> Bool {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      executor.execute { [self] in
        shared.withLock { $0.flushWaiters.append(continuation) }
        _ = executor.schedule(after: limit) { [self] in releaseFlushWaiters() }
        checkFlushed()
      }
    }
    return await executor.run { [self] in isFlushed }
  }

  // MARK: Numbers

  /// The state at this moment.
  public var state: MessageQueueState { shared.withLock { $0.state } }

  /// What was counted since the queue was created.
  public var counters: MessageQueueCounters { shared.withLock { $0.counters } }

  /// How the queue stands at this moment.
  public var health: MessageQueueHealth {
    let now = executor.now
    return shared.withLock { shared in
      MessageQueueHealth(
        state: shared.state, duration: shared.stateSince.duration(to: now), queuedMessages: shared.outbox.count,
        queuedBytes: shared.outbox.bytes, probeRoundTrip: shared.probeRoundTrip, lastError: shared.lastError)
    }
  }

  /// Whether a session stands.
  public var isHealthy: Bool { state == .connected }

  func count(_ change: (inout MessageQueueCounters) -> Void) { shared.withLock { change(&$0.counters) } }
}
