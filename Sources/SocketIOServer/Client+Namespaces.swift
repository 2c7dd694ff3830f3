internal import AsyncModes
internal import EngineIO
internal import EngineIOCodec
internal import Logging
internal import SocketIOCodec

// Joining and leaving namespaces.
extension Client {
  func connect(_ head: SocketIOPacketHead, text: UnsafeRawBufferPointer) {
    let name = head.namespace.map { String(decoding: text[$0], as: UTF8.self) } ?? "/"
    if let socket = find(head, text) {
      // Old clients that ask for a namespace again are told again; new ones never ask.
      if version == .v4 { socket.sendConnect() } else { violation("the namespace is joined already") }
      return
    }
    guard sockets.count < context.maxNamespacesPerClient else {
      return refuse(name, ConnectionRefused("Too many namespaces"))
    }
    guard name.utf8.count <= context.limits.maxNamespaceBytes else {
      return refuse(name, ConnectionRefused("Invalid namespace"))
    }
    let auth: SocketValue
    if let payload = head.payload {
      let json = UnsafeRawBufferPointer(rebasing: text[payload]).bytes
      do {
        auth = try context.core.writer.codec?.decode(json) ?? JSONText.parse(json)
      } catch {
        return violation("\(error)")
      }
    } else if let query = head.namespaceQuery {
      auth = .string(String(decoding: text[query], as: UTF8.self))
    } else {
      auth = .null
    }
    let shard: NamespaceShard
    do throws(ConnectionRefused) { shard = try context.admit(name) } catch { return refuse(name, error) }
    let socket = Socket(id: context.makeSocketID(), client: self, shard: shard)
    sockets.append(socket)
    shard.add(socket)
    executor.cancel(connectTimer)
    connectTimer = .none
    guard let handler = shard.handlers.connect else { return socket.accept() }
    if context.alwaysConnect { socket.accept() }
    let event = SocketEvent(socket: socket, name: "connect", arguments: [auth])
    switch handler {
    case .synchronous(let handler) where !context.handlersMayBlock:
      let result = SocketEvent.$current.withValue(event) { Result { try handler(socket, auth) } }
      finishConnect(event, result)
    case .synchronous(let handler):
      offload(event, isExclusive: true) { [self] in
        let result = Result { try handler(socket, auth) }
        return { self.finishConnect(event, result) }
      } overloaded: { [self] in
        finishConnect(event, .failure(ConnectionRefused("The server is overloaded")))
      }
    case .asynchronous(let handler):
      start(event, isExclusive: true) { [self] in
        let result: Result<Void, any Error>
        do { result = .success(try await handler(socket, auth)) } catch { result = .failure(error) }
        return { self.finishConnect(event, result) }
      }
    }
  }

  func finishConnect(_ event: SocketEvent, _ result: Result<Void, any Error>) {
    let socket = event.socket
    switch result {
    case .success: socket.accept()
    case .failure(let error):
      let refusal = error as? ConnectionRefused
      context.counters.refusedConnections += 1
      let wasTold = socket.isConnected
      socket.refuse()
      sockets.removeAll { $0 === socket }
      if !isEnded {
        if wasTold {
          socket.sendDisconnect()
          if version == .v4, socket.namespace == "/" { session.close() }
          watchForConnect()
        } else {
          refuse(socket.namespace, refusal ?? ConnectionRefused("Internal server error"))
        }
      }
      if refusal == nil { failed(error, event, isExclusive: true) }
    }
  }

  func refuse(_ namespace: String, _ refusal: ConnectionRefused) {
    context.scratch.removeAll(keepingCapacity: true)
    context.scratch.append(UInt8(ascii: "4"))
    SocketIOPacketEncoder.appendConnectError(
      namespace: namespace, message: refusal.message, data: refusal.data, version: version, to: &context.scratch)
    context.sendScratch(over: session)
    watchForConnect()
  }

  /// Who is in no namespace must join one in time.
  func watchForConnect() {
    guard sockets.isEmpty, connectTimer == .none, !isEnded else { return }
    connectTimer = executor.schedule(after: context.connectTimeout, self)
  }

  /// A socket has left its namespace: its handler hears of it in its turn.
  func removed(_ socket: Socket, _ reason: DisconnectReason) {
    sockets.removeAll { $0 === socket }
    guard socket.shard.handlers.disconnect != nil else { return }
    if running > 0 || inboxHead < inbox.count || isDraining {
      enqueue(.left(socket, reason), bytes: 0)
    } else {
      left(socket, reason)
    }
  }

  func left(_ socket: Socket, _ reason: DisconnectReason) {
    guard let handler = socket.shard.handlers.disconnect, !socket.wasRefused else { return }
    let event = SocketEvent(socket: socket, name: "disconnect", arguments: [.string(reason.rawValue)])
    perform(event, isExclusive: true) { _ in
      try await handler(socket, reason)
      return nil
    }
  }

  /// The client in another namespace.
  func socket(in namespace: String) -> Socket? { sockets.first { $0.namespace == namespace } }
}
