internal import AsyncModes
internal import EngineIO
internal import EngineIOCodec
internal import Logging
internal import SocketIOCodec

/// What a Socket.IO server keeps for one executor; confined to it.
final class ServerContext: @unchecked Sendable {
  // @unchecked: confined to `executor`.

  let executor: IOExecutor
  unowned let core: ServerCore
  /// Where packets are written before they are copied to a connection.
  @exclusivity(unchecked) var scratch: [UInt8] = []
  var counters = ServerCounters()
  private var work: [Work] = []
  let decoderV4: SocketIOPacketDecoder
  let decoderV5: SocketIOPacketDecoder
  @exclusivity(unchecked) private var shards: [String: NamespaceShard] = [:]
  @exclusivity(unchecked) private var random = RandomPool()
  /// Whether a client's events wait until it has taken what it was sent.
  let waitsForSlowClients: Bool
  /// Whether synchronous handlers run on worker threads.
  let handlersMayBlock: Bool
  /// Copies of what every event needs; the whole of the options is too big to be copied each time.
  let limits: SocketIOLimits
  let maxDepth: Int
  let concurrency: Int
  let connectTimeout: Duration
  let alwaysConnect: Bool
  let maxNamespacesPerClient, maxRoomsPerClient: Int
  let maxQueuedEvents, maxQueuedEventBytes, maxPendingAcknowledgements: Int

  init(executor: IOExecutor, core: ServerCore) {
    self.executor = executor
    self.core = core
    handlersMayBlock = core.mode.handlersMayBlock
    let options = core.options
    waitsForSlowClients = options.engine.slowClientPolicy == .wait
    limits = options.limits
    maxDepth = limits.maxDepth
    concurrency = options.asyncHandlers ? options.maxConcurrentEvents : 1
    connectTimeout = options.connectTimeout
    alwaysConnect = options.alwaysConnect
    maxNamespacesPerClient = options.maxNamespacesPerClient
    maxRoomsPerClient = options.maxRoomsPerClient
    maxQueuedEvents = options.maxQueuedEvents
    maxQueuedEventBytes = options.maxQueuedEventBytes
    maxPendingAcknowledgements = options.maxPendingAcknowledgements
    decoderV4 = SocketIOPacketDecoder(.v4, limits: limits)
    decoderV5 = SocketIOPacketDecoder(.v5, limits: limits)
  }

  func makeSocketID() -> SocketID {
    SocketID(
      raw: EngineIOSessionID(
        random: (random.next(), random.next()), executorIndex: UInt16(truncatingIfNeeded: executor.index)))
  }

  /// Sends the packet that was written into ``scratch``.
  func sendScratch(over session: EngineSession) {
    // Sending may end the session and with it run user code, which writes packets of its own.
    var packet: [UInt8] = []
    swap(&packet, &scratch)
    session.send(textPacket: packet.span.bytes)
    swap(&packet, &scratch)
  }

  // MARK: Blocking work

  /// User code for a worker thread.
  struct Work {
    let run: @Sendable () -> Void
    /// What is done instead, on the executor, if there are too many already.
    let refused: () -> Void
  }

  /// Hands work to the workers when the events of this turn are through, all at once.
  func offload(_ piece: Work) {
    work.append(piece)
    guard work.count == 1 else { return }
    executor.post { [self] in
      let pieces = work
      work = []
      let taken = core.mode.workers.submit(pieces.map(\.run))
      for piece in pieces[taken...] { piece.refused() }
    }
  }

  // MARK: Namespaces

  func shard(_ name: String) -> NamespaceShard? { shards[name] }

  /// All sockets of this executor.
  var sockets: some Sequence<Socket> { shards.values.lazy.flatMap { $0.sockets.values } }

  /// Takes over what is registered now.
  func refresh() {
    for name in core.namespaceNames {
      guard let shard = shards[name] else {
        shards[name] = NamespaceShard(name: name, handlers: NamespaceHandlers(), index: core.roomIndex)
        continue
      }
      if shard.isDynamic {
        shard.isDynamic = false
        core.dynamicNamespaces.release(name)
      }
    }
    for (name, shard) in shards { shard.handlers = core.handlers(of: name) }
  }

  /// The namespace of a name, which comes to exist if clients may ask for it.
  func admit(_ name: String) throws(ConnectionRefused) -> NamespaceShard {
    if let shard = shards[name] { return shard }
    guard core.acceptsNamespace(name) else { throw ConnectionRefused("Invalid namespace") }
    guard core.dynamicNamespaces.retain(name) else {
      counters.refusedNamespaces += 1
      throw ConnectionRefused("Too many namespaces")
    }
    let shard = NamespaceShard(name: name, handlers: core.handlers(of: name), index: core.roomIndex)
    shard.isDynamic = true
    shards[name] = shard
    return shard
  }

  /// A socket has left a namespace: one that exists for its clients only ends with the last of them.
  func vacated(_ shard: NamespaceShard) {
    guard shard.isDynamic, shard.sockets.isEmpty, shards[shard.name] === shard else { return }
    shards[shard.name] = nil
    core.dynamicNamespaces.release(shard.name)
  }
}

/// What a Socket.IO server has counted since it was created.
public struct ServerCounters: Sendable, Equatable {
  /// Packets that violated the protocol; each ended a connection.
  public var malformedPackets = 0
  /// Handlers that threw.
  public var failedHandlers = 0
  /// Events that were dropped because too many waited already.
  public var droppedEvents = 0
  /// Clients that connect handlers or middleware turned away.
  public var refusedConnections = 0
  /// Clients that were turned away because too many dynamic namespaces exist.
  public var refusedNamespaces = 0
  /// Events that clients sent to namespaces they are in.
  public var receivedEvents = 0
  /// Acknowledgements that clients did not send in time.
  public var missedAcknowledgements = 0
  /// Joins that were refused because the client was in too many rooms.
  public var refusedJoins = 0
  /// Volatile events that a client did not get because it was not ready for them.
  public var droppedVolatileEvents = 0

  /// Adds up the counters of two executors.
  public static func + (left: Self, right: Self) -> Self {
    var sum = left
    sum.malformedPackets += right.malformedPackets
    sum.failedHandlers += right.failedHandlers
    sum.droppedEvents += right.droppedEvents
    sum.refusedConnections += right.refusedConnections
    sum.refusedNamespaces += right.refusedNamespaces
    sum.receivedEvents += right.receivedEvents
    sum.missedAcknowledgements += right.missedAcknowledgements
    sum.refusedJoins += right.refusedJoins
    sum.droppedVolatileEvents += right.droppedVolatileEvents
    return sum
  }
}
