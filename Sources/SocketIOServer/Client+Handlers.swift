internal import AsyncModes
internal import EngineIO
internal import EngineIOCodec
internal import Logging
internal import SocketIOCodec

// Running what the program wants done about an event.
extension Client {
  func run(
    _ handler: EventHandler, _ socket: Socket, _ head: SocketIOPacketHead, _ text: UnsafeRawBufferPointer,
    _ attachments: [[UInt8]]
  ) {
    if case .raw(let body) = handler {
      runRaw(body, socket, head, text)
      return
    }
    guard let event = makeEvent(socket, head, text, attachments) else { return }
    switch handler {
    case .synchronous(let body) where !context.handlersMayBlock:
      do {
        answer(event, try SocketEvent.$current.withValue(event) { try body(event) })
      } catch {
        failed(error, event, isExclusive: false)
      }
    case .synchronous(let body):
      offload(event, isExclusive: false) { [self] in
        do {
          let reply = try body(event)
          return { self.answer(event, reply) }
        } catch {
          return { self.failed(error, event, isExclusive: false) }
        }
      }
    case .asynchronous(let body): perform(event, isExclusive: false, body)
    case .raw: break
    }
  }

  func runRaw(
    _ body: @escaping RawEventHandler, _ socket: Socket, _ head: SocketIOPacketHead, _ text: UnsafeRawBufferPointer
  ) {
    let acknowledgement = head.id.map { Acknowledgement(socket: socket, id: $0) }
    let arguments = UnsafeRawBufferPointer(rebasing: text[head.arguments])
    guard context.handlersMayBlock else {
      do {
        try body(socket, arguments.bytes, acknowledgement)
      } catch {
        if let event = makeEvent(socket, head, text, []) { failed(error, event, isExclusive: false) }
      }
      return
    }
    let copy = Array(arguments)
    let name = decoder.eventName(of: head, in: text.bytes)
    offload(nil, isExclusive: false) { [self] in
      do {
        try body(socket, copy.span.bytes, acknowledgement)
        return nil
      } catch {
        let values = (try? JSONText.parseElements(copy.span.bytes)) ?? []
        let event = SocketEvent(
          socket: socket, name: name, arguments: Arguments(values), acknowledgement: acknowledgement)
        return { self.failed(error, event, isExclusive: false) }
      }
    }
  }

  /// A handler cannot be given what is no JSON; the text was checked, so only a limit can be in the way.
  func makeEvent(
    _ socket: Socket, _ head: SocketIOPacketHead, _ text: UnsafeRawBufferPointer, _ attachments: [[UInt8]]
  ) -> SocketEvent? {
    do {
      return SocketEvent(
        socket: socket, name: decoder.eventName(of: head, in: text.bytes),
        arguments: Arguments(try values(head, text, attachments)),
        acknowledgement: head.id.map { Acknowledgement(socket: socket, id: $0) })
    } catch {
      violation("\(error)")
      return nil
    }
  }

  func answer(_ event: SocketEvent, _ reply: Arguments?) {
    if let reply { event.acknowledgement?.send(reply.values) }
  }

  /// Lets an action handle an event, and answers with what it returns.
  func perform(_ event: SocketEvent, isExclusive: Bool, _ action: @escaping EventAction) {
    start(event, isExclusive: isExclusive) { [self] in
      do {
        let reply = try await action(event)
        return { self.answer(event, reply) }
      } catch {
        return { self.failed(error, event, isExclusive: isExclusive) }
      }
    }
  }

  /// A handler has thrown: the error handler answers in its place.
  func failed(_ error: any Error, _ event: SocketEvent, isExclusive: Bool) {
    context.counters.failedHandlers += 1
    let (socket, name) = (event.socket, event.name)
    guard let handler = socket.shard.handlers.failure else {
      context.core.logger.error(
        "the handler of \"\(name)\" in namespace \(socket.namespace) threw: \(error)",
        metadata: ["socket": "\(socket.id)"])
      return
    }
    let failure = HandlerFailure(error: error, event: name, arguments: event.arguments)
    start(event, isExclusive: isExclusive) { [self] in
      do {
        let reply = try await handler(socket, failure)
        return { self.answer(event, reply) }
      } catch {
        return { self.context.core.logger.error("the error handler of namespace \(socket.namespace) threw: \(error)") }
      }
    }
  }

  /// Runs asynchronous user code; what it returns is done on the executor, then the inbox goes on.
  func start(
    _ event: SocketEvent, isExclusive: Bool, _ operation: @escaping @Sendable () async -> @Sendable () -> Void
  ) {
    began(isExclusive)
    context.core.mode.startTask(on: executor) { [self] in
      let conclusion = await SocketEvent.$current.withValue(event) { await operation() }
      executor.execute { self.finished(isExclusive, conclusion) }
    }
  }

  /// Runs blocking user code on a worker thread.
  func offload(
    _ event: SocketEvent?, isExclusive: Bool, _ work: @escaping @Sendable () -> (@Sendable () -> Void)?,
    overloaded: @escaping () -> Void = {}
  ) {
    began(isExclusive)
    context.offload(
      ServerContext.Work(
        run: { [self] in
          let conclusion = event == nil ? work() : SocketEvent.$current.withValue(event) { work() }
          executor.post { self.finished(isExclusive, conclusion) }
        },
        refused: { [self] in
          context.counters.droppedEvents += 1
          context.core.logger.warning("an event was dropped: too much blocking work waits already (maxQueuedWork)")
          overloaded()
          finished(isExclusive, nil)
        }))
  }

  func began(_ isExclusive: Bool) {
    running += 1
    if isExclusive { self.isExclusive = true }
  }

  func finished(_ isExclusive: Bool, _ conclusion: (@Sendable () -> Void)?) {
    // What follows, such as an error handler, goes before what waits.
    conclusion?()
    running -= 1
    if isExclusive, running == 0 { self.isExclusive = false }
    if !isDraining { drainInbox() }
  }
}
