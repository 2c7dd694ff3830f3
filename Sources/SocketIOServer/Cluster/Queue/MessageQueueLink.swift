internal import AsyncModes
internal import ClusterCodec
internal import EngineIOCodec
internal import Logging
public import MessageQueues
internal import SocketIOCodec
internal import Synchronization

/// Joins servers through a message queue: what is done to clients on one is done on all.
///
/// Own clients are always served at once; the queue is told afterwards and never waited for. What comes back from the
/// queue with this server's own id is dropped unread, and events for rooms that have no member here are not decoded.
public final class MessageQueueLink: ClusterLink, MessageQueueReceiver, @unchecked Sendable {
  // @unchecked: `core` is set once before the queue is started; what is mutable is confined to the queue's executor.

  /// The queue: its counters and its health.
  public let queue: MessageQueue
  let options: QueueOptions
  let format: any ClusterFormat
  /// The id of this server on the queue.
  public let origin: String
  /// The server; it holds this link.
  private(set) weak var core: ServerCore?

  /// How many payloads were given to the queue: what others are told, so that they know what they have missed.
  private let sent = Mutex<Int64>(0)
  private let missed = Atomic(0)

  // Confined to the queue's executor.
  var peers: ClusterPeers
  /// The servers that were there when the queue was lost, and have not been heard of since it is back.
  private var absent: Set<String> = []
  private var holdTimer = TimerID.none
  var requests: [String: ClusterRequest] = [:]
  private var nextRequest: Int64 = 0
  private var presenceTimer = TimerID.none

  var executor: IOExecutor { queue.executor }

  /// How many messages that other servers of this package have published, or wanted to, did not come here. Known some
  /// seconds after the fact, when they tell how many they were; not counted with the format of Node.
  public var missedMessages: Int { missed.load(ordering: .relaxed) }

  /// Creates a link. It connects when a server starts it.
  ///
  /// - Parameter mode: the runtime that the server runs on.
  /// - Throws: `MessageQueueError` with the code `invalidURL`, `unknownScheme`, `unavailable` or `invalidOption`.
  init(_ options: QueueOptions, mode: any AsyncMode) throws {
    try options.validate()
    self.options = options
    var random = SystemRandomNumberGenerator()
    origin = (0..<2).map { _ in
      let digits = String(random.next() as UInt64, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
    format = options.format.makeFormat(
      origin: origin, channel: options.channel, dataMeaning: options.dataMeaning)
    queue = try MessageQueue(url: options.url, mode: mode, options: options.queue)
    peers = ClusterPeers(timeout: options.presenceInterval * 3)
  }

  /// Begins to connect.
  public func start(_ node: LocalNode) {
    core = node.core
    let subscriptions =
      format.channels.map { MessageQueueSubscription.channel($0) } + format.prefixes.map { .prefix($0) }
    queue.start(delivering: subscriptions, to: self)
  }

  /// Says goodbye and ends.
  public func stop() async {
    await executor.run { [self] in stopWaiting() }
    tell(.goodbye)
    await queue.flush(within: .seconds(1))
    await executor.run { [self] in
      for timer in [presenceTimer, holdTimer] { executor.cancel(timer) }
      (presenceTimer, holdTimer) = (.none, .none)
      for request in requests.values { end(request) }
      requests = [:]
    }
    await queue.close()
  }

  // MARK: Out

  /// Tells the other servers.
  public func publish(_ operation: ClusterOperation) {
    // News that the next event makes stale are not kept for a queue that is away.
    if case .emit(let event) = operation, event.flags.contains(.volatile), !queue.isHealthy { return }
    do { send(try operation.message()) } catch {
      core?.logger.error("an event was not told to other servers: \(error)")
    }
  }

  func send(_ message: ClusterMessage) {
    let payloads = format.encode(message)
    sent.withLock { publish(payloads, counting: &$0) }
  }

  /// Tells others that this server is there, or goes, and how much it has published.
  private func tell(_ presence: ClusterPresence) {
    // Between the count and what it is told with nothing else may be published.
    sent.withLock { publish(format.encode(.presence(presence, origin: origin, sent: $0)), counting: &$0) }
  }

  private func publish(_ payloads: [(channel: String, payload: [UInt8])], counting sent: inout Int64) {
    for (channel, payload) in payloads {
      do throws(MessageQueueError) {
        try queue.publish(SharedBytes(payload), on: channel)
        sent += 1
      } catch {
        if error.code != .closed { core?.logger.error("a message was not told to other servers: \(error)") }
      }
    }
  }

  // MARK: In

  /// A message has come.
  public func received(_ payload: RawSpan, on channel: String) -> MessageQueueVerdict {
    guard let core else { return .skipped }
    if let sender = format.sender(of: payload, on: channel) { peers.received(from: sender) }
    switch format.decode(payload, on: channel, hasMember: { core.hasMember($0, $1) }) {
    case .ownEcho: return .ownEcho
    case .skipped: return .skipped
    case .nobodyAsked(let address):
      // Servers of Python wait for an answer alone.
      if peers.knows(address.origin) { send(.awaiting(address, clients: [])) }
      return .skipped
    case .malformed(let why): return .malformed(why)
    case .message(let message):
      handle(message, LocalNode(core: core), core)
      return .handled
    }
  }

  private func handle(_ message: ClusterMessage, _ node: LocalNode, _ core: ServerCore) {
    if case .emit(let emit) = message, let address = emit.acknowledgement { return call(emit, address, node, core) }
    if let operation = ClusterOperation(message) { return node.apply(operation) }
    switch message {
    case .presence(let presence, let origin, let sent):
      missed(peers.heard(presence, origin, sent: sent, at: executor.now), of: origin, core)
      if presence == .hello { answerHello() }
      if presence == .goodbye { forget(origin) }
      isBack(origin)
    case .fetch(let target, let address):
      core.mode.startTask(on: executor) { [self] in
        let found = await node.sockets(in: Audience(target), namespace: target.namespace)
        send(.fetched(address, found.map { ClusterClient(id: $0.id, rooms: $0.rooms) }))
      }
    case .listRooms(let namespace, let address):
      let rooms = core.roomIndex?.rooms(in: namespace).filter { SocketID($0) == nil } ?? []
      send(.rooms(address, rooms))
    case .serverEvent(_, let event, let arguments, let address): serve(event, arguments, address, core)
    default: answered(message)
    }
  }

  /// Another server emits an event to clients here and awaits their answers.
  private func call(_ emit: ClusterEmit, _ address: ClusterReturnAddress, _ node: LocalNode, _ core: ServerCore) {
    let event = EmittedEvent(emit)
    let namespace = emit.target.namespace
    core.mode.startTask(on: executor) { [self] in
      let asked = await node.sockets(in: event.audience, namespace: namespace)
      send(.awaiting(address, clients: asked.map(\.id)))
      _ = await node.call(event, timeout: .seconds(60)) { [self] client, result in
        guard case .success(let arguments) = result else { return }
        send(.acknowledged(address, namespace: namespace, client: client.description, arguments: arguments.values))
      }
    }
  }

  private func serve(
    _ event: String, _ arguments: [SocketValue], _ address: ClusterReturnAddress?, _ core: ServerCore
  ) {
    guard let handler = core.registry.serverHandler(of: event) else {
      if let address { send(.serverAnswer(address, arguments: [])) }
      return
    }
    core.mode.startTask(on: executor) { [self] in
      let answer = await handler(Arguments(arguments))
      if let address { send(.serverAnswer(address, arguments: answer.values)) }
    }
  }

  // MARK: Presence

  /// The queue is there or away.
  ///
  /// When it is back, what was kept waits for the other servers that were there before it was lost: they come back one
  /// after the other, and a queue keeps nothing for those who are not there.
  public func changed(to state: MessageQueueState) {
    switch state {
    case .reconnecting(attempt: 1): absent.formUnion(peers.alive(at: executor.now))
    case .connected:
      tellAhead(.hello)
      armPresence()
      guard !absent.isEmpty else { return }
      queue.hold()
      executor.cancel(holdTimer)
      // Who is not back by then has not lost the queue alone.
      let limit = options.queue.backoff.maximum + .seconds(1)
      holdTimer = executor.schedule(after: limit) { [weak self] in self?.stopWaiting() }
    default: break
    }
  }

  /// A server has been heard of since the queue is back.
  private func isBack(_ origin: String) {
    guard queue.state == .connected, absent.remove(origin) != nil, absent.isEmpty else { return }
    stopWaiting()
  }

  private func stopWaiting() {
    guard holdTimer != .none else { return }
    absent = []
    executor.cancel(holdTimer)
    holdTimer = .none
    queue.release()
    tell(.alive)
  }

  private func answerHello() {
    // While something is kept, a count would come behind it, and that others wait for this one as well.
    if holdTimer == .none { tell(.alive) } else { tellAhead(.alive) }
  }

  /// Tells before all that is kept, and so without a count.
  private func tellAhead(_ presence: ClusterPresence) {
    for (channel, payload) in format.encode(.presence(presence, origin: origin, sent: nil)) {
      queue.publishAhead(SharedBytes(payload), on: channel)
    }
  }

  /// Says what did not come, the first times and then ever more seldom.
  private func missed(_ count: Int, of origin: String, _ core: ServerCore) {
    guard count > 0 else { return }
    let before = missed.wrappingAdd(count, ordering: .relaxed).oldValue
    guard (before + count).leadingZeroBitCount < before.leadingZeroBitCount else { return }
    core.logger.warning(
      "\(count) message(s) of server \(origin) did not come (\(before + count) of all servers so far)")
  }

  private func armPresence() {
    executor.cancel(presenceTimer)
    presenceTimer = executor.schedule(after: options.presenceInterval) { [weak self] in
      guard let self else { return }
      if queue.isHealthy { tell(.alive) }
      armPresence()
    }
  }

  func makeRequestID() -> String {
    nextRequest += 1
    return "\(nextRequest)"
  }
}
