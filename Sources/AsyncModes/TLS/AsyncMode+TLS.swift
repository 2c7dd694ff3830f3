internal import Synchronization

extension AsyncMode {
  /// Accepts connections on an address that speak TLS. The handler sees plain bytes; see ``Connection/tls``.
  ///
  /// - Parameters:
  ///   - address: where to listen.
  ///   - options: limits and socket options.
  ///   - tls: a server's context.
  ///   - accept: called on the executor of the new connection, before the handshake; returns the handler that gets its
  ///     bytes.
  /// - Throws: ``AsyncModeError`` with the code `listenFailed`.
  public func listen(
    on address: SocketAddress, options: ListenOptions, tls: TLSContext,
    accept: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) -> any Listener {
    guard !tls.isClient else {
      throw AsyncModeError(.invalidOption, "tls is a client's context, but a server's is needed to listen")
    }
    return try await listen(on: address, options: options) { connection in connection.secure(tls, accept) }
  }

  /// Opens an outgoing connection that speaks TLS; returns once the handshake is done and the server is verified.
  ///
  /// - Parameters:
  ///   - address: a numeric IP address or a Unix-domain path.
  ///   - options: limits and socket options.
  ///   - executor: one of ``executors``.
  ///   - tls: a client's context.
  ///   - serverName: the name, or address, that the server's certificate must hold.
  ///   - established: called on `executor` after the handshake; returns the handler that gets the plain bytes.
  /// - Throws: ``AsyncModeError`` with the code `connectFailed` or `timedOut`.
  public func connect(
    to address: SocketAddress, options: ConnectionOptions, on executor: IOExecutor, tls: TLSContext, serverName: String,
    established: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) {
    guard tls.isClient else {
      throw AsyncModeError(.invalidOption, "tls is a server's context, but a client's is needed to connect")
    }
    let handshake = ClientHandshake("TLS with \(serverName) at \(address) failed")
    try await connect(to: address, options: options, on: executor) { connection in
      handshake.begin(connection, tls, serverName, established)
    }
    let failure = await withTaskCancellationHandler {
      await handshake.result()
    } onCancel: {
      executor.post { handshake.cancel() }
    }
    if let failure { throw failure }
  }
}

extension Connection {
  /// Secures an accepted connection and lets it begin.
  package final func secure(
    _ tls: TLSContext, _ accept: (Connection) -> any ConnectionHandler
  ) -> any ConnectionHandler {
    do throws(AsyncModeError) {
      try startTLS(tls)
      return accept(self)
    } catch {
      // No memory for a session. The runtime puts the connection to work first, and then it ends.
      executor.post { self.abort() }
      return Refused(self)
    }
  }
}

/// A connection that ends before it has begun.
private final class Refused: ConnectionHandler {
  let connection: Connection
  init(_ connection: Connection) { self.connection = connection }
  func received(_ bytes: inout MutableRawSpan) {}
  func closed(_ reason: CloseReason) {}
}

/// Waits for the handshake of an outgoing connection.
private final class ClientHandshake: Sendable {
  private enum State {
    case waiting(CheckedContinuation<AsyncModeError?, Never>?)
    case done(AsyncModeError?)
  }
  private let state = Mutex(State.waiting(nil))
  private let connection = Mutex<Connection?>(nil)
  private let what: String

  init(_ what: String) { self.what = what }

  func begin(
    _ connection: Connection, _ tls: TLSContext, _ serverName: String,
    _ established: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) -> any ConnectionHandler {
    self.connection.withLock { $0 = connection }
    do throws(AsyncModeError) {
      try connection.startTLS(tls, serverName: serverName)
    } catch {
      finish(error)
      connection.executor.post { connection.abort() }
      return Refused(connection)
    }
    connection.secured?.whenEstablished = { [self, unowned connection] failure in
      if let failure {
        finish(AsyncModeError(.connectFailed, "\(what): \(failure)"))
      } else {
        connection.setHandler(established(connection))
        finish(nil)
      }
    }
    return Refused(connection)
  }

  func cancel() {
    let connection = connection.withLock { $0 }
    if let connection, connection.secured?.isEstablished == false { connection.abort() }
  }

  private func finish(_ failure: AsyncModeError?) {
    connection.withLock { $0 = nil }
    let waiting: CheckedContinuation<AsyncModeError?, Never>? = state.withLock { state in
      guard case .waiting(let continuation) = state else { return nil }
      state = .done(failure)
      return continuation
    }
    waiting?.resume(returning: failure)
  }

  func result() async -> AsyncModeError? {
    await withCheckedContinuation { continuation in
      let early: AsyncModeError?? = state.withLock { state in
        if case .done(let failure) = state { return .some(failure) }
        state = .waiting(continuation)
        return nil
      }
      if let early { continuation.resume(returning: early) }
    }
  }
}
