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

  // Confined to the queue's executor.
  var peers: ClusterPeers
  var requests: [String: ClusterRequest] = [:]
  private var nextRequest: Int64 = 0
  private var presenceTimer = TimerID.none

  var executor: IOExecutor { queue.executor }

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
    let subscriptions = format.channels.map { MessageQueueSubscription.channel($0) } + format.prefixes.map { .prefix($0) }
    queue.start(delivering: subscriptions, to: self)
  }

  /// Says goodbye and ends.
  public func stop() async {
    send(.presence(.goodbye, origin: origin))
    await queue.flush(within: .seconds(1))
    await executor.run { [self] in
      executor.cancel(presenceTimer)
      presenceTimer = .none
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
    for (channel, payload) in format.encode(message) {
      do throws(MessageQueueError) { try queue.publish(SharedBytes(payload), on: channel) } catch {
        if error.code != .closed { core?.logger.error("a message was not told to other servers: \(error)") }
      }
    }
  }

  // MARK: In

  /// A message has come.
  public func received(_ payload: RawSpan, on channel: String) -> MessageQueueVerdict {
    guard let core else { return .skipped }
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
    case .presence(let presence, let origin):
      peers.heard(presence, origin, at: executor.now)
      if presence == .hello { send(.presence(.alive, origin: self.origin)) }
      if presence == .goodbye { forget(origin) }
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
  public func changed(to state: MessageQueueState) {
    guard state == .connected else { return }
    send(.presence(.hello, origin: origin))
    armPresence()
  }

  private func armPresence() {
    executor.cancel(presenceTimer)
    presenceTimer = executor.schedule(after: options.presenceInterval) { [weak self] in
      guard let self else { return }
      if queue.isHealthy { send(.presence(.alive, origin: origin)) }
      armPresence()
    }
  }

  func makeRequestID() -> String {
    nextRequest += 1
    return "\(nextRequest)"
  }
}
