internal import AsyncModes
internal import EngineIO
internal import Logging
internal import SocketIOCodec
internal import Synchronization

/// The part of a server that its executors share: options, handlers, and broadcasts.
final class ServerCore: EngineApplication, @unchecked Sendable {
  // @unchecked: `contexts` and `attached` are set once while the server is created.

  let mode: any AsyncMode
  let options: SocketIOOptions
  private(set) var contexts: [ServerContext] = []
  private weak var attached: SocketIO?
  let registry: HandlerRegistry
  let dynamicNamespaces: DynamicNamespaces
  /// Which rooms have members here; kept only if other servers may be asked to serve them.
  let roomIndex: RoomIndex?
  private let acceptedPatterns: [NamespacePattern]
  private let sessions: SessionAccess?
  let writer: PacketWriter

  var logger: Logger { options.logger }

  init(mode: any AsyncMode, options: SocketIOOptions, registry: HandlerRegistry) {
    self.mode = mode
    self.options = options
    self.registry = registry
    sessions = options.sessions.map { SessionAccess(store: $0, isShared: !options.manageSession) }
    writer = PacketWriter(options)
    dynamicNamespaces = DynamicNamespaces(limit: options.maxDynamicNamespaces)
    acceptedPatterns = options.namespaces.map { NamespacePattern($0) }.filter { !$0.isExact }
    roomIndex = options.cluster == nil ? nil : RoomIndex()
    contexts = mode.executors.map { ServerContext(executor: $0, core: self) }
    registry.observe(options.logger) { [weak self] in self?.refresh() }
  }

  /// Names the server that this is the core of.
  func attach(_ server: SocketIO) { attached = server }

  /// The server, as long as somebody holds it.
  var server: SocketIO? { attached }

  // MARK: Namespaces

  /// Something was registered.
  private func refresh() {
    // The jobs may run when nobody holds the server any more.
    for context in contexts { context.executor.post { withExtendedLifetime(self) { context.refresh() } } }
  }

  /// The namespaces that exist whether or not anybody is there.
  var namespaceNames: [String] {
    ["/"] + options.namespaces.filter { NamespacePattern($0).isExact } + registry.names
  }

  func acceptsNamespace(_ name: String) -> Bool { registry.accepts(name, besides: acceptedPatterns) }

  func handlers(of name: String) -> NamespaceHandlers {
    var handlers = registry.handlers(of: name)
    sessions?.surround(&handlers)
    return handlers
  }

  /// A client has connected.
  func connected(_ session: EngineSession) -> any EngineSessionHandler {
    let client = Client(session: session, context: contexts[session.executor.index])
    client.executor.post { client.begin() }
    return client
  }

  // MARK: Operations

  /// Whether any of the rooms may have a member here; no rooms stand for the whole namespace.
  func hasMember(_ namespace: String, _ rooms: [String]) -> Bool { roomIndex?.hasMember(namespace, rooms) ?? true }

  /// Does something to clients, on this server and on all others of the cluster.
  func perform(_ operation: ClusterOperation) {
    apply(operation)
    publish(operation)
  }

  func publish(_ operation: ClusterOperation) {
    if !operation.isLocal { options.cluster?.publish(operation) }
  }

  /// Does something to the clients of this server.
  func apply(_ operation: ClusterOperation) {
    let namespace = operation.namespace
    switch operation {
    case .emit(let event):
      switch event.content {
      case .values(let values): send(event.name, values, event)
      case .json(let text): send(encode(event.name, text.span.bytes, namespace), event.audience, namespace, event.flags)
      }
    case .join(let rooms, let audience, _):
      forEach(in: audience, namespace: namespace) { socket in
        for room in rooms { socket.join(room) }
      }
    case .leave(let rooms, let audience, _):
      forEach(in: audience, namespace: namespace) { socket in
        for room in rooms { socket.leave(room) }
      }
    case .closeRoom(let room, _):
      for context in contexts { context.executor.execute { context.shard(namespace)?.close(room) } }
    case .disconnect(let audience, _, let closesConnection):
      forEach(in: audience, namespace: namespace) { socket in
        if closesConnection { socket.disconnectTransport() } else { socket.disconnect() }
      }
    }
  }

  /// Emits arguments that are JSON text already. The text is copied only if there is a cluster to be told.
  func emit(
    _ event: String, raw json: borrowing RawSpan, namespace: String, to audience: Audience, flags: EmitFlags
  ) {
    send(encode(event, json, namespace), audience, namespace, flags)
    guard options.cluster != nil else { return }
    let text = json.withUnsafeBytes { Array($0) }
    publish(.emit(EmittedEvent(event, .json(text), namespace: namespace, to: audience, flags: flags)))
  }

  /// Encodes an event once and hands it to every executor.
  private func send(_ name: String, _ values: [SocketValue], _ event: EmittedEvent) {
    var packet = [UInt8(ascii: "4")]
    guard
      let attachments = writer.appendEvent(name, values, namespace: event.namespace, id: nil, to: &packet)
    else { return }
    send(
      [EngineMessage(textPacket: packet.span.bytes)] + attachments.map { EngineMessage(binary: $0) },
      event.audience, event.namespace, event.flags)
  }

  private func encode(_ name: String, _ json: borrowing RawSpan, _ namespace: String) -> [EngineMessage] {
    var packet = [UInt8(ascii: "4")]
    packet.reserveCapacity(json.byteCount + 64)
    SocketIOPacketEncoder.appendEvent(name, raw: json, namespace: namespace, id: nil, to: &packet)
    return [EngineMessage(textPacket: packet.span.bytes)]
  }

  private func send(_ messages: [EngineMessage], _ audience: Audience, _ namespace: String, _ flags: EmitFlags) {
    let isVolatile = flags.contains(.volatile)
    guard let message = messages.first else { return }
    for context in contexts {
      context.executor.execute {
        guard let shard = context.shard(namespace) else { return }
        if messages.count == 1 {
          shard.forEach(in: audience) { $0.send(message, isVolatile: isVolatile) }
        } else {
          shard.forEach(in: audience) { $0.send(messages, isVolatile: isVolatile) }
        }
      }
    }
  }

  /// Calls `body` for every socket that a broadcast would go to, on its executor.
  func forEach(in audience: Audience, namespace: String, _ body: @escaping @Sendable (Socket) -> Void) {
    for context in contexts {
      context.executor.execute {
        var sockets: [Socket] = []
        context.shard(namespace)?.forEach(in: audience) { sockets.append($0) }
        for socket in sockets { body(socket) }
      }
    }
  }

  /// Gathers what every executor answers.
  func collect<Element: Sendable>(_ body: @escaping @Sendable (ServerContext) -> [Element]) async -> [Element] {
    var found: [Element] = []
    for context in contexts { found += await context.executor.run { body(context) } }
    return found
  }

  /// Adds up a number over all executors.
  func sum(_ number: @escaping @Sendable (ServerContext) -> Int) async -> Int {
    var sum = 0
    for context in contexts { sum += await context.executor.run { number(context) } }
    return sum
  }
}
