internal import AsyncModes
public import SocketIOCodec

// Functions for use inside of handlers, which know whose event is handled. Raw handlers are given their client and have
// no other context. Each throws `SocketIOError` with the code `outsideHandler` where nothing is being handled.

private func current(_ function: StaticString) throws(SocketIOError) -> Socket {
  if let socket = Socket.current { return socket }
  throw SocketIOError(
    .outsideHandler,
    "\(function) was called where no event is being handled; use the method of a socket or of the server")
}

/// Emits an event from a handler, with arguments of any encodable types.
///
/// - Parameters:
///   - event: the name of the event.
///   - arguments: its arguments; `[UInt8]` is sent as binary data.
///   - recipients: whom it goes to; by default the client whose event is handled.
///   - namespace: where it is emitted; by default where the event came from.
///   - skipped: clients that shall not get it.
///   - except: rooms whose members shall not get it.
///   - flags: how it is sent.
/// - Throws: `EncodingError` if an argument cannot be encoded, or ``SocketIOError`` with the code `outsideHandler`.
public func emit<each Argument: Encodable & Sendable>(
  _ event: String, _ arguments: repeat each Argument, to recipients: Recipients = .sender, namespace: String? = nil,
  skipping skipped: [SocketID] = [], except: [String] = [], flags: EmitFlags = []
) throws {
  let values = try Arguments(encoding: repeat each arguments).values
  try current("emit").emit(event, values, recipients, in: namespace, skipped, except, flags)
}

/// Emits the event `message`, or `json`, from a handler.
///
/// - Throws: ``SocketIOError`` with the code `outsideHandler`.
public func send(
  _ value: SocketValue, json: Bool = false, to recipients: Recipients = .sender, namespace: String? = nil,
  skipping skipped: [SocketID] = [], except: [String] = [], flags: EmitFlags = []
) throws(SocketIOError) {
  try current("send").emit(json ? "json" : "message", [value], recipients, in: namespace, skipped, except, flags)
}

/// Lets the client whose event is handled join a room, or another client of its namespace.
///
/// - Throws: ``SocketIOError`` with the code `outsideHandler`.
public func joinRoom(_ room: String, client: SocketID? = nil) throws(SocketIOError) {
  let socket = try current("joinRoom")
  guard let client, client != socket.id else { return socket.join(room) }
  socket.server?.join(room, members: client.description, namespace: socket.namespace)
}

/// Lets the client whose event is handled leave a room, or another client of its namespace.
///
/// - Throws: ``SocketIOError`` with the code `outsideHandler`.
public func leaveRoom(_ room: String, client: SocketID? = nil) throws(SocketIOError) {
  let socket = try current("leaveRoom")
  guard let client, client != socket.id else { return socket.leave(room) }
  socket.server?.leave(room, members: client.description, namespace: socket.namespace)
}

/// Takes everybody out of a room of the namespace whose event is handled.
///
/// - Throws: ``SocketIOError`` with the code `outsideHandler`.
public func closeRoom(_ room: String) throws(SocketIOError) {
  let socket = try current("closeRoom")
  socket.server?.closeRoom(room, namespace: socket.namespace)
}

/// The rooms of the client whose event is handled, without the one that is its id.
///
/// - Throws: ``SocketIOError`` with the code `outsideHandler`.
public func rooms() async throws(SocketIOError) -> [String] { await (try current("rooms")).rooms }

/// Disconnects the client whose event is handled from its namespace, or another client of it.
///
/// - Throws: ``SocketIOError`` with the code `outsideHandler`.
public func disconnect(client: SocketID? = nil) throws(SocketIOError) {
  let socket = try current("disconnect")
  guard let client, client != socket.id else { return socket.disconnect() }
  socket.server?.disconnect(client.description, namespace: socket.namespace)
}

extension Socket {
  /// Emits in a namespace that may be another one: the sender is then this client there, if it has joined.
  fileprivate func emit(
    _ event: String, _ values: [SocketValue], _ recipients: Recipients, in name: String?, _ skipped: [SocketID],
    _ except: [String], _ flags: EmitFlags
  ) {
    guard let name, name != namespace else {
      return emit(event, values: values, to: recipients, skipping: skipped, except: except, flags: flags)
    }
    executor.execute { [client] in
      if let other = client.socket(in: name) {
        other.emit(event, values: values, to: recipients, skipping: skipped, except: except, flags: flags)
      } else if !recipients.isEmpty,
        let audience = recipients.audience(from: self.id, skipping: skipped, except: except)
      {
        client.context.core.perform(
          .emit(EmittedEvent(event, .values(values), namespace: name, to: audience, flags: flags)))
      }
    }
  }
}
