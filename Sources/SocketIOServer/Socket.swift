public import AsyncModes
public import EngineIO
public import EngineIOCodec
public import SocketIOCodec
internal import Synchronization

/// A client in a namespace: what handlers are given.
///
/// It may be used from anywhere. What is emitted from one place arrives in that order; emitting never waits.
public final class Socket: @unchecked Sendable {
  // @unchecked: everything mutable is confined to the executor of `client`.

  /// The id of the client in its namespace; it may be told to others.
  public let id: SocketID
  let client: Client
  let shard: NamespaceShard
  // The client's own: at hand here, they are used without a reference.
  private let context: ServerContext
  private let engine: EngineSession
  @exclusivity(unchecked) var memberships: [Membership] = []
  @exclusivity(unchecked) var broadcastStamp: UInt32 = 0
  private enum State { case connecting, connected, left }
  @exclusivity(unchecked) private var state = State.connecting
  /// What was emitted while the connect handler ran.
  @exclusivity(unchecked) private var early: [EngineMessage] = []
  @exclusivity(unchecked) private var pending = PendingAcknowledgements()
  @exclusivity(unchecked) private var formerRooms: [String] = []
  private let storedSession = AtomicLazyReference<SocketSession>()
  /// Whether the client was turned away.
  @exclusivity(unchecked) private(set) var wasRefused = false

  init(id: SocketID, client: Client, shard: NamespaceShard) {
    self.id = id
    self.client = client
    self.shard = shard
    context = client.context
    engine = client.session
  }

  /// The name of the namespace.
  public var namespace: String { shard.name }
  /// The server, as long as the program holds it.
  public var server: SocketIO? { context.core.server }
  /// The request that the client connected with: query, header fields, address.
  public var request: EngineRequest { engine.request }
  /// The revision of the protocol that the client speaks.
  public var revision: EngineIORevision { engine.revision }
  /// What the server remembers about the user for as long as the client is in the namespace.
  public var session: SocketSession { storedSession.load() ?? storedSession.storeIfNil(SocketSession()) }
  /// The executor that the client lives on.
  public var executor: IOExecutor { client.executor }
  /// How the client is connected at the moment.
  public var transport: EngineConfiguration.Transport {
    get async { await executor.run { [engine] in engine.transport } }
  }
  /// The rooms that the client is in, without the one that is its id; after it has left, those it was in.
  public var rooms: [String] {
    get async { await executor.run { [self] in state == .left ? formerRooms : joinedRooms } }
  }
  var summary: SocketDescription {
    SocketDescription(id: id.description, namespace: namespace, rooms: state == .left ? formerRooms : joinedRooms)
  }
  /// What the client uses of its limits.
  var usage: ClientCensus {
    ClientCensus(
      waitingEvents: client.inbox.count - client.inboxHead, rooms: memberships.count - 1,
      namespaces: client.sockets.count, pendingAcknowledgements: pending.count)
  }

  private var joinedRooms: [String] { memberships.dropFirst().map { $0.room.name } }

  // MARK: Rooms

  /// Joins a room. A client can be in any number of rooms up to ``SocketIOOptions/maxRoomsPerClient``.
  public func join(_ room: String) {
    executor.execute { [self] in
      guard memberships.count <= context.maxRoomsPerClient else {
        context.counters.refusedJoins += 1
        return
      }
      shard.join(self, room)
    }
  }

  /// Leaves a room.
  public func leave(_ room: String) { executor.execute { [self] in shard.leave(self, room) } }

  func membership(in room: String) -> Int? {
    memberships.firstIndex { $0.room.name == room && $0.room !== shard.everyone }
  }

  func moved(in room: Room, to place: Int) {
    guard let index = memberships.firstIndex(where: { $0.room === room }) else { return }
    memberships[index].place = place
  }

  // MARK: Events

  /// Emits an event with values.
  ///
  /// - Parameters:
  ///   - event: the name of the event.
  ///   - values: its arguments.
  ///   - recipients: whom it goes to; by default this client only.
  ///   - skipped: clients that shall not get it.
  ///   - except: rooms whose members shall not get it.
  ///   - flags: how it is sent.
  public func emit(
    _ event: String, values: [SocketValue], to recipients: Recipients = .sender, skipping skipped: [SocketID] = [],
    except: [String] = [], flags: EmitFlags = []
  ) {
    guard !recipients.isEmpty else { return }
    if let audience = recipients.audience(from: id, skipping: skipped, except: except) {
      context.core.perform(
        .emit(EmittedEvent(event, .values(values), namespace: namespace, to: audience, flags: flags)))
    } else {
      executor.execute { [self] in sendEvent(event, values, id: nil, flags: flags) }
    }
  }

  /// Emits an event whose arguments are JSON text already, without brackets around them; it must be valid.
  public func emit(
    _ event: String, raw json: borrowing RawSpan, to recipients: Recipients = .sender,
    skipping skipped: [SocketID] = [], except: [String] = [], flags: EmitFlags = []
  ) {
    guard !recipients.isEmpty else { return }
    if let audience = recipients.audience(from: id, skipping: skipped, except: except) {
      context.core.emit(event, raw: json, namespace: namespace, to: audience, flags: flags)
    } else {
      sendEvent(event, raw: json, flags: flags)
    }
  }

  /// Emits an event with arguments of any encodable types; `[UInt8]` is sent as binary data.
  ///
  /// - Throws: `EncodingError` if an argument cannot be encoded.
  public func emit<each Argument: Encodable & Sendable>(
    _ event: String, _ arguments: repeat each Argument, to recipients: Recipients = .sender,
    skipping skipped: [SocketID] = [], except: [String] = [], flags: EmitFlags = []
  ) throws {
    let values = try Arguments(encoding: repeat each arguments).values
    emit(event, values: values, to: recipients, skipping: skipped, except: except, flags: flags)
  }

  /// Emits the event `message`, or `json`.
  public func send(
    _ value: SocketValue, json: Bool = false, to recipients: Recipients = .sender, skipping skipped: [SocketID] = [],
    except: [String] = [], flags: EmitFlags = []
  ) {
    emit(
      json ? "json" : "message", values: [value], to: recipients, skipping: skipped, except: except, flags: flags)
  }

  /// Emits an event to this client and waits for its acknowledgement.
  ///
  /// - Parameter timeout: how long to wait. Default: 60 s.
  /// - Returns: what the client answered.
  /// - Throws: ``SocketIOError`` with the code `timedOut`, `disconnected` as soon as the client is gone, or
  ///   `tooManyPending`.
  public func call(
    _ event: String, _ values: SocketValue..., timeout: Duration = .seconds(60)
  ) async throws(SocketIOError) -> Arguments {
    let result = await withCheckedContinuation { continuation in
      emit(event, values: values, timeout: timeout) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }

  /// Emits an event to this client and calls `acknowledged` once, with the answer or the reason why there is none.
  public func emit(
    _ event: String, values: [SocketValue], timeout: Duration = .seconds(60),
    acknowledged: @escaping @Sendable (Result<Arguments, SocketIOError>) -> Void
  ) {
    executor.execute { [self] in
      guard state != .left else {
        acknowledged(.failure(SocketIOError(.disconnected, "the client \(id) is gone")))
        return
      }
      let limit = context.maxPendingAcknowledgements
      guard pending.count < limit else {
        acknowledged(
          .failure(SocketIOError(.tooManyPending, "\(limit) acknowledgements of the client \(id) are awaited already")))
        return
      }
      let number = pending.makeID()
      let timer = executor.schedule(after: timeout) { [weak self] in
        guard let self, let (handler, _) = pending.take(number) else { return }
        context.counters.missedAcknowledgements += 1
        handler(.failure(SocketIOError(.timedOut, "no acknowledgement of \"\(event)\" within \(timeout)")))
      }
      pending.add(number, timer, acknowledged)
      sendEvent(event, values, id: number)
    }
  }

  func acknowledged(_ id: Int64, _ arguments: Arguments) {
    guard let (handler, timer) = pending.take(id) else { return }
    executor.cancel(timer)
    handler(.success(arguments))
  }

  // MARK: Leaving

  /// Disconnects the client from this namespace; its connection and other namespaces stay.
  public func disconnect() {
    executor.execute { [self] in
      guard state != .left else { return }
      if state == .connected { sendDisconnect() }
      leave(.serverDisconnect)
      // Protocol 4 has no connection without the namespace `/`.
      if client.version == .v4, namespace == "/" { engine.close() }
    }
  }

  /// Closes the connection of the client, with all of its namespaces, once what waits is sent.
  public func disconnectTransport() { executor.execute { [self] in engine.close() } }

  func leave(_ reason: DisconnectReason) {
    guard state != .left else { return }
    formerRooms = joinedRooms
    state = .left
    early = []
    shard.remove(self)
    context.vacated(shard)
    for (handler, timer) in pending.takeAll() {
      executor.cancel(timer)
      handler(.failure(SocketIOError(.disconnected, "the client \(id) left before it answered")))
    }
    client.removed(self, reason)
  }

  // MARK: Packets out, on the executor

  /// Whether the client may be sent to.
  var isConnected: Bool { state == .connected }

  /// The client may join.
  func accept() {
    guard state == .connecting else { return }
    state = .connected
    sendConnect()
    let messages = early
    early = []
    for message in messages { engine.send(message) }
  }

  func sendConnect() {
    context.scratch.removeAll(keepingCapacity: true)
    context.scratch.append(UInt8(ascii: "4"))
    SocketIOPacketEncoder.appendConnect(
      namespace: namespace, socketID: client.version == .v5 ? id.description : nil, to: &context.scratch)
    context.sendScratch(over: engine)
  }

  func sendDisconnect() {
    context.scratch.removeAll(keepingCapacity: true)
    context.scratch.append(UInt8(ascii: "4"))
    SocketIOPacketEncoder.appendDisconnect(namespace: namespace, to: &context.scratch)
    context.sendScratch(over: engine)
  }

  /// The client may not join; nobody else hears of it.
  func refuse() {
    wasRefused = true
    state = .left
    early = []
    shard.remove(self)
    context.vacated(shard)
    for (handler, timer) in pending.takeAll() {
      executor.cancel(timer)
      handler(.failure(SocketIOError(.disconnected, "the client was refused")))
    }
  }

  private func sendEvent(_ event: String, _ values: [SocketValue], id: Int64?, flags: EmitFlags = []) {
    guard !flags.contains(.volatile) || isReady else { return }
    context.scratch.removeAll(keepingCapacity: true)
    context.scratch.append(UInt8(ascii: "4"))
    guard
      let attachments = context.core.writer.appendEvent(
        event, values, namespace: namespace, id: id, to: &context.scratch)
    else { return }
    sendScratch(attachments)
  }

  private func sendEvent(_ event: String, raw json: borrowing RawSpan, flags: EmitFlags) {
    guard executor.isCurrent else {
      let copy = json.withUnsafeBytes { Array($0) }
      return executor.post { [self] in sendEvent(event, raw: copy.span.bytes, flags: flags) }
    }
    guard !flags.contains(.volatile) || isReady else { return }
    context.scratch.removeAll(keepingCapacity: true)
    context.scratch.append(UInt8(ascii: "4"))
    SocketIOPacketEncoder.appendEvent(event, raw: json, namespace: namespace, id: nil, to: &context.scratch)
    sendScratch()
  }

  func acknowledge(_ id: Int64, _ values: [SocketValue]) {
    guard executor.isCurrent else { return executor.post { [self] in acknowledge(id, values) } }
    context.scratch.removeAll(keepingCapacity: true)
    context.scratch.append(UInt8(ascii: "4"))
    guard
      let attachments = context.core.writer.appendAck(values, namespace: namespace, id: id, to: &context.scratch)
    else { return }
    sendScratch(attachments)
  }

  func acknowledge(_ id: Int64, raw json: borrowing RawSpan) {
    guard executor.isCurrent else {
      let copy = json.withUnsafeBytes { Array($0) }
      return executor.post { [self] in acknowledge(id, raw: copy.span.bytes) }
    }
    context.scratch.removeAll(keepingCapacity: true)
    context.scratch.append(UInt8(ascii: "4"))
    SocketIOPacketEncoder.appendAck(raw: json, namespace: namespace, id: id, to: &context.scratch)
    sendScratch()
  }

  /// Sends the packet that was written into the scratch buffer, and its attachments.
  private func sendScratch(_ attachments: [[UInt8]] = []) {
    switch state {
    case .left: return
    case .connecting:
      let packet = context.scratch
      early.append(EngineMessage(textPacket: packet.span.bytes))
      early += attachments.map { EngineMessage(binary: $0) }
    case .connected:
      context.sendScratch(over: engine)
      for attachment in attachments { engine.send(EngineMessage(binary: attachment)) }
    }
  }

  /// Whether a volatile event may be sent; counts it as lost if not.
  private var isReady: Bool {
    if state == .connected, engine.isReady { return true }
    context.counters.droppedVolatileEvents += 1
    return false
  }

  /// Sends a packet that was encoded for many.
  func send(_ message: EngineMessage, isVolatile: Bool) {
    guard !isVolatile || isReady else { return }
    switch state {
    case .left: return
    case .connecting: early.append(message)
    case .connected: engine.send(message)
    }
  }

  /// Sends a packet that was encoded for many, and its attachments.
  func send(_ messages: [EngineMessage], isVolatile: Bool) {
    guard !isVolatile || isReady else { return }
    for message in messages { send(message, isVolatile: false) }
  }
}
