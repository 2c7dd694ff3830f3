internal import AsyncModes
internal import EngineIO
internal import EngineIOCodec
internal import Logging
internal import SocketIOCodec

/// One Engine.IO session and the namespaces it has joined. Confined to the session's executor.
///
/// ```
///   message ─► decode ─► ack ──────────────► whoever awaits it, at once
///                    └─► anything else ─► inbox ─► handlers, one after the other
/// ```
/// Packets are checked when they come and handled in order. While a handler is suspended further packets wait in the
/// inbox, unless events may be handled at the same time; when it is full the connection is not read, so the client comes
/// to feel it.
final class Client: EngineSessionHandler, TimerTarget, @unchecked Sendable {
  // @unchecked: confined to the executor of `session`.

  /// Work that is done in order.
  enum Item {
    case packet(SocketIOPacketHead, text: [UInt8], attachments: [[UInt8]])
    case left(Socket, DisconnectReason)

    var isEvent: Bool { if case .packet(let head, _, _) = self { head.isEvent } else { false } }
  }

  let session: EngineSession
  let context: ServerContext
  let decoder: SocketIOPacketDecoder
  @exclusivity(unchecked) private var assembler: SocketIOAssembler?
  @exclusivity(unchecked) var sockets: [Socket] = []
  @exclusivity(unchecked) var inbox: [Item] = []
  @exclusivity(unchecked) var inboxHead = 0
  @exclusivity(unchecked) private var inboxBytes = 0
  /// Handlers that have not returned yet.
  @exclusivity(unchecked) var running = 0
  /// Whether one of them must have returned before anything else is handled.
  @exclusivity(unchecked) var isExclusive = false
  @exclusivity(unchecked) var isDraining = false
  @exclusivity(unchecked) var connectTimer = TimerID.none
  @exclusivity(unchecked) var isEnded = false

  var version: SocketIOProtocol { session.revision == .v4 ? .v5 : .v4 }
  var executor: IOExecutor { context.executor }

  init(session: EngineSession, context: ServerContext) {
    self.session = session
    self.context = context
    decoder = session.revision == .v4 ? context.decoderV5 : context.decoderV4
    connectTimer = context.executor.schedule(after: context.connectTimeout, self)
  }

  /// Protocol 4 joins the namespace `/` without being asked.
  func begin() {
    guard version == .v4 else { return }
    connect(SocketIOPacketHead(type: .connect), text: UnsafeRawBufferPointer(start: nil, count: 0))
  }

  /// Nobody joined a namespace in time.
  func timerFired() {
    connectTimer = .none
    if sockets.isEmpty { session.close() }
  }

  // MARK: Packets

  func received(text: borrowing RawSpan) {
    guard assembler?.isWaiting != true else { return violation("a text came while attachments were awaited") }
    let head: SocketIOPacketHead
    do throws(SocketIOPacketError) { head = try decoder.decode(text) } catch { return violation(error.message) }
    if head.type == .binaryEvent || head.type == .binaryAck, head.attachmentCount > 0 {
      if assembler == nil { assembler = SocketIOAssembler(limits: context.limits) }
      assembler?.begin(head, text)
      return
    }
    text.withUnsafeBytes { take(head, $0, []) }
  }

  func received(binary: borrowing RawSpan) {
    guard assembler != nil else { return violation("an attachment was not announced") }
    do throws(SocketIOPacketError) {
      guard let packet = try assembler?.receive(binary) else { return }
      assembler = nil
      packet.text.withUnsafeBytes { take(packet.head, $0, packet.attachments) }
    } catch {
      violation(error.message)
    }
  }

  private func take(_ head: SocketIOPacketHead, _ text: UnsafeRawBufferPointer, _ attachments: [[UInt8]]) {
    if !attachments.isEmpty {
      // Placeholders must fit, whether or not anybody handles the packet.
      do { _ = try values(head, text, attachments) } catch { return violation("\(error)") }
    }
    if head.type == .ack || head.type == .binaryAck {
      acknowledged(head, text, attachments)
    } else if inboxHead < inbox.count || !canStart(head.isEvent) {
      enqueue(.packet(head, text: Array(text), attachments: attachments), bytes: text.count)
    } else {
      process(head, text, attachments)
    }
  }

  /// Whether something can be handled now; what is no event needs the client for itself.
  private func canStart(_ isEvent: Bool) -> Bool {
    if context.waitsForSlowClients, isEvent, !isCaughtUp { return false }
    return running == 0 || (isEvent && !isExclusive && running < context.concurrency)
  }

  /// Whether the client has taken enough of what it was sent; if not, ``drained()`` is called when it has.
  private var isCaughtUp: Bool {
    if !session.isWritable { session.flush() }
    return session.isWritable
  }

  /// The values of an event or an acknowledgement.
  func values(
    _ head: SocketIOPacketHead, _ text: UnsafeRawBufferPointer, _ attachments: [[UInt8]]
  ) throws -> [SocketValue] {
    let arguments = UnsafeRawBufferPointer(rebasing: text[head.arguments]).bytes
    if let codec = context.core.writer.codec {
      return try codec.decodeElements(arguments, attachments: attachments)
    }
    return try JSONText.parseElements(arguments, attachments: attachments, maxDepth: context.maxDepth)
  }

  private func process(_ head: SocketIOPacketHead, _ text: UnsafeRawBufferPointer, _ attachments: [[UInt8]]) {
    switch head.type {
    case .connect: connect(head, text: text)
    case .event, .binaryEvent: event(head, text, attachments)
    case .disconnect:
      if let socket = find(head, text) { socket.leave(.clientDisconnect) } else { violation("not connected") }
    case .ack, .binaryAck, .connectError: break
    }
  }

  private func acknowledged(_ head: SocketIOPacketHead, _ text: UnsafeRawBufferPointer, _ attachments: [[UInt8]]) {
    guard let id = head.id, let socket = find(head, text) else {
      return violation("an acknowledgement has no namespace")
    }
    do { socket.acknowledged(id, Arguments(try values(head, text, attachments))) } catch { violation("\(error)") }
  }

  private func event(_ head: SocketIOPacketHead, _ text: UnsafeRawBufferPointer, _ attachments: [[UInt8]]) {
    guard let socket = find(head, text), let name = head.eventName else {
      return violation("an event came for a namespace that was not joined")
    }
    context.counters.receivedEvents &+= 1
    if !head.isEventNameEscaped,
      let handler = socket.shard.handlers.events.find(UnsafeRawBufferPointer(rebasing: text[name]))
    {
      run(handler, socket, head, text, attachments)
      return
    }
    let event = decoder.eventName(of: head, in: text.bytes)
    if head.isEventNameEscaped, let handler = socket.shard.handlers.events[event] {
      run(handler, socket, head, text, attachments)
    } else if let catchAll = socket.shard.handlers.catchAll {
      run(.asynchronous(catchAll), socket, head, text, attachments)
    }
  }

  func violation(_ message: String) {
    context.counters.malformedPackets += 1
    context.core.logger.debug("a client sent a packet that is not valid: \(message)")
    session.fail(.parseError)
  }

  func find(_ head: SocketIOPacketHead, _ text: UnsafeRawBufferPointer) -> Socket? {
    guard let range = head.namespace else { return sockets.first { $0.namespace == "/" } }
    let name = text[range]
    return sockets.first { $0.namespace.utf8.count == range.count && $0.namespace.utf8.elementsEqual(name) }
  }

  // MARK: The session

  func drained() {
    if context.waitsForSlowClients, !isDraining { drainInbox() } else { resumeIfPossible() }
  }

  func closed(_ reason: EngineCloseReason) {
    isEnded = true
    executor.cancel(connectTimer)
    connectTimer = .none
    assembler = nil
    // What has not been handled yet is not handled any more; goodbyes are.
    inbox = inbox[inboxHead...].filter { if case .left = $0 { true } else { false } }
    inboxHead = 0
    inboxBytes = 0
    let reason = DisconnectReason(rawValue: reason.rawValue) ?? .transportError
    for socket in sockets { socket.leave(reason) }
  }

  // MARK: Inbox

  func enqueue(_ item: Item, bytes: Int) {
    inbox.append(item)
    inboxBytes += bytes
    if inbox.count - inboxHead >= context.maxQueuedEvents || inboxBytes >= context.maxQueuedEventBytes {
      session.pauseReading()
    }
    // A client on polling cannot be made to wait in the middle of a POST.
    if inbox.count - inboxHead >= 16 * context.maxQueuedEvents || inboxBytes >= 16 * context.maxQueuedEventBytes {
      context.counters.droppedEvents += 1
      session.fail(.parseError)
    }
  }

  func drainInbox() {
    isDraining = true
    while inboxHead < inbox.count {
      let item = inbox[inboxHead]
      guard canStart(item.isEvent) else { break }
      inboxHead += 1
      switch item {
      case .packet(let head, let text, let attachments):
        inboxBytes -= text.count
        if !isEnded { text.withUnsafeBytes { process(head, $0, attachments) } }
      case .left(let socket, let reason): left(socket, reason)
      }
    }
    isDraining = false
    if inboxHead == inbox.count {
      inbox = []
      inboxHead = 0
    }
    resumeIfPossible()
  }

  private func resumeIfPossible() {
    if inbox.count - inboxHead <= context.maxQueuedEvents / 2, inboxBytes <= context.maxQueuedEventBytes / 2 {
      session.resumeReading()
    }
  }
}

extension SocketIOPacketHead {
  fileprivate var isEvent: Bool { type == .event || type == .binaryEvent }
}
