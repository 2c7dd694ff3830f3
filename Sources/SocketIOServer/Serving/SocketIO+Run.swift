public import AsyncModes
internal import HTTPServing
internal import Logging
internal import Synchronization

extension SocketIO {
  /// The handler that serves HTTP, with Socket.IO in it, on a connection that somebody else has accepted.
  ///
  /// For servers of your own on the runtime of this server: return it from the closure that accepts connections, or set
  /// it with `Connection.setHandler(_:)` and give it the bytes that have come already.
  ///
  /// - Parameters:
  ///   - connection: a connection of the runtime of this server.
  ///   - app: what answers requests that are not for Socket.IO, instead of the application of the server.
  public func handler(for connection: Connection, app: (any HTTPApplication)? = nil) -> any ConnectionHandler {
    guard let app else { return HTTPConnection(connection, attached.routes, options.http) }
    let service = ApplicationService(app, mode: mode, options)
    return HTTPConnection(connection, RouteTable(attached.routes, fallback: service), options.http)
  }

  /// Starts to serve on an address; returns when it listens.
  ///
  /// - Parameters:
  ///   - address: where to listen. A server can listen on any number of addresses.
  ///   - tls: what connections there are secured with, in place of ``tls``.
  /// - Throws: `AsyncModeError` with the code `listenFailed`, or ``SocketIOError`` with the code `notAttached`.
  @discardableResult
  public func listen(on address: SocketAddress, tls: TLSContext? = nil) async throws -> any Listener {
    let attached = try requireAttached()
    try registry.validate()
    let (mode, service) = (attached.mode, attached.routes)
    let http = options.http
    let accept = { @Sendable (connection: Connection) -> any ConnectionHandler in
      HTTPConnection(connection, service, http)
    }
    let proxies = http.proxyProtocol
    let listener =
      if !proxies.isEmpty {
        try await listen(on: address, behind: proxies, tls ?? self.tls, accept)
      } else if let tls = tls ?? self.tls {
        try await mode.listen(on: address, options: options.listen, tls: tls, accept: accept)
      } else {
        try await mode.listen(on: address, options: options.listen, accept: accept)
      }
    let isStopping = state.withLock { state in
      state.listeners.append(listener)
      return state.isStopping
    }
    if isStopping { await listener.close() }
    return listener
  }

  /// Takes the PROXY headers off before anything else; TLS begins behind them.
  private func listen(
    on address: SocketAddress, behind proxies: TrustedProxies, _ tls: TLSContext?,
    _ accept: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws -> any Listener {
    if let tls, tls.isClient {
      throw AsyncModeError(.invalidOption, "tls is a client's context, but a server's is needed to listen")
    }
    return try await attached.mode.listen(on: address, options: options.listen) { connection in
      ProxyProtocol.begin(connection, proxies) { connection in
        guard let tls else { return accept(connection) }
        return connection.secure(tls, accept)
      }
    }
  }

  /// Listens on all of the addresses, or throws and listens on none of them.
  ///
  /// - Returns: the listeners; none if the server was stopped meanwhile, which is the end that somebody asked for and no
  ///   error.
  package func listen(onAll addresses: [SocketAddress]) async throws -> [any Listener] {
    guard !state.withLock({ $0.isStopping }) else {
      throw AsyncModeError(.shutDown, "the server has been stopped; one that is to serve again has to be a new one")
    }
    var listeners: [any Listener] = []
    do {
      for address in addresses { listeners.append(try await listen(on: address)) }
    } catch {
      for listener in listeners { await listener.close() }
      if state.withLock({ $0.isStopping }) { return [] }
      throw error
    }
    return listeners
  }

  /// Serves on a host and port until ``stop(within:)`` is called, or the process gets SIGINT or SIGTERM.
  ///
  /// - Parameters:
  ///   - host: a numeric address or a name. Default: 127.0.0.1.
  ///   - port: Default: 5000. Port 0 asks the system for a free one.
  ///   - reloading: starts the program anew when its files change; for development. Default: it does not.
  ///   - ready: called when the server listens.
  /// - Throws: `AsyncModeError` with the code `listenFailed`, or `connectFailed` if the host is unknown;
  ///   ``SocketIOError`` with the code `notAttached`.
  public func run(
    host: String = "127.0.0.1", port: Int = 5000, reloading: Reloading? = nil,
    ready: @Sendable (any Listener) async -> Void = { _ in }
  ) async throws {
    let mode = try requireAttached().mode
    guard let address = try await mode.resolve(host: host, port: port).first else { return }
    try await run(on: [address], reloading: reloading, ready: ready)
  }

  /// Serves on a Unix-domain socket until ``stop(within:)`` is called, or the process gets SIGINT or SIGTERM.
  ///
  /// - Parameters:
  ///   - path: the socket file. One that nobody listens on any more is replaced; it is removed at the end. Who may use it
  ///     is said by `ListenOptions.unixSocketMode`.
  ///   - reloading: starts the program anew when its files change; for development. Default: it does not.
  ///   - ready: called when the server listens.
  /// - Throws: `AsyncModeError` with the code `listenFailed`, or `invalidOption` if the path is too long.
  public func run(
    unixSocket path: String, reloading: Reloading? = nil, ready: @Sendable (any Listener) async -> Void = { _ in }
  ) async throws {
    try await run(on: [.unix(path: path)], reloading: reloading, ready: ready)
  }

  /// Serves on the sockets that a service manager gave to the process (systemd's socket activation).
  ///
  /// - Parameters:
  ///   - name: serves on those of this name (`FileDescriptorName=`) only. Default: on all of them.
  ///   - ready: called for each socket when the server listens.
  /// - Throws: `AsyncModeError` with the code `listenFailed` if the process was started without such a socket.
  public func runActivated(
    named name: String? = nil, ready: @Sendable (any Listener) async -> Void = { _ in }
  ) async throws {
    let sockets = try SocketActivation.received()?.sockets.filter { name == nil || $0.name == name } ?? []
    guard !sockets.isEmpty else {
      throw AsyncModeError(
        .listenFailed,
        "the process was started without a socket\(name.map { " named \"\($0)\"" } ?? ""); "
          + "start it by its socket unit, or name an address to listen on")
    }
    try await run(on: sockets.map(\.address), ready: ready)
  }

  /// Serves on an address until ``stop(within:)`` is called, or the process gets SIGINT or SIGTERM.
  public func run(on address: SocketAddress, ready: @Sendable (any Listener) async -> Void = { _ in }) async throws {
    try await run(on: [address], ready: ready)
  }

  /// Serves on addresses until ``stop(within:)`` is called, or the process gets SIGINT or SIGTERM.
  ///
  /// With TLS, SIGHUP reads the certificates again; see `TLSContext.reload()`. A service manager that asks for it
  /// (`NOTIFY_SOCKET`) is told when the server is ready, reads certificates, and stops, and that every
  /// executor is alive (`WATCHDOG_USEC`).
  public func run(
    on addresses: [SocketAddress], reloading: Reloading? = nil,
    ready: @Sendable (any Listener) async -> Void = { _ in }
  ) async throws {
    _ = try requireAttached()
    let reloader = try reloading.map { try Reloader($0, logger: options.logger) }
    // Before anybody can be served, so that whoever has been served can stop the server in good order.
    let reload = { @Sendable [self] in reloadCertificates() }
    let signals = StopSignals(reload: tls == nil ? nil : reload) { [self] in
      Task { await self.stop() }
    }
    let listeners: [any Listener]
    do {
      listeners = try await listen(onAll: addresses)
    } catch {
      signals.restore()
      throw error
    }
    for listener in listeners {
      options.logger.info("listening on \(listener.address)\(tls == nil ? "" : " with TLS")")
      if options.debug, let host = listener.address.host, host != "127.0.0.1", host != "::1" {
        options.logger.warning("debug is on, and others than this machine can connect to \(listener.address)")
      }
      await ready(listener)
    }
    ServiceNotification.ready.send()
    if let interval = ServiceNotification.watchdogInterval { startWatchdog(interval) }
    reloader?.watch { [self] in
      Task { await self.stop(within: .seconds(1)) }
    }
    await waitUntilStopped()
    signals.restore()
    try reloader?.end()
  }

  /// Tells the service manager twice in each interval that this process is alive: not that a timer goes off, but that
  /// every executor gets to its work.
  private func startWatchdog(_ interval: Duration) {
    startBackgroundTask { [self] in
      while !Task.isCancelled {
        for executor in mode.executors { await executor.run {} }
        ServiceNotification.alive.send()
        try await sleep(for: interval / 2)
      }
    }
  }

  private func reloadCertificates() {
    ServiceNotification.reloading.send()
    do {
      try tls?.reload()
      options.logger.notice("the certificates were read again")
    } catch {
      options.logger.error("the certificates stay as they were: \(error.message)")
    }
    ServiceNotification.ready.send()
  }
}
