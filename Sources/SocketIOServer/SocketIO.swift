public import AsyncModes
public import EngineIO
public import HTTPServing
internal import Logging
internal import Synchronization

/// A Socket.IO server: register handlers, run it, emit from anywhere.
///
/// ```swift
/// let io = try SocketIO(asyncMode: .auto)
/// io.on("greet") { (socket: Socket, name: String) in
///   socket.emit("greeting", values: [.string("Hello \(name)")], to: .everyone)
///   return "told everybody"
/// }
/// try await io.run(host: "127.0.0.1", port: 5000)
/// ```
/// Clients of both generations of the protocol are served on one port.
///
/// A server can also be created first and be given its runtime later, with ``attach(app:mode:options:)``; what was
/// registered before is kept. One that is never attached and has a ``SocketIOOptions/cluster`` emits to the clients of
/// other servers: for a process that serves nobody itself.
public final class SocketIO: Sendable {
  struct State {
    var listeners: [any Listener] = []
    var report: ShutdownReport?
    var isStopping = false
    var waiters: [CheckedContinuation<Void, Never>] = []
    var latencies: HandlerLatencies?
  }

  /// What a server has once it has a runtime.
  final class Attachment: Sendable {
    let mode: any AsyncMode
    let options: SocketIOOptions
    let core: ServerCore
    let engine: EngineServer
    let routes: RouteTable
    let tls: TLSContext?

    init(
      _ app: (any HTTPApplication)?, _ mode: any AsyncMode, _ options: SocketIOOptions, _ registry: HandlerRegistry
    ) throws {
      var options = options
      if options.debug {
        options.logger.logLevel = min(options.logger.logLevel, .debug)
        options.engine.logger.logLevel = min(options.engine.logger.logLevel, .debug)
      }
      self.mode = mode
      self.options = options
      tls = try options.tls.map { try TLSContext(server: $0, logger: options.logger) }
      core = ServerCore(mode: mode, options: options, registry: registry)
      engine = try EngineServer(mode: mode, configuration: options.engine, application: core)
      routes = RouteTable(fallback: ApplicationService(app, mode: mode, options))
      routes.mount(engine, at: options.engine.path)
      if let files = options.clientFiles {
        let client = try ClientFiles(files, path: options.engine.path)
        routes.mount(ApplicationService(client, mode: mode, options), at: options.engine.path + "socket.io.")
      }
    }
  }

  let registry = HandlerRegistry()
  private let initialOptions: SocketIOOptions
  private let attachment = AtomicLazyReference<Attachment>()
  let state = Mutex(State())

  /// Creates a server that has no runtime yet. Handlers can be registered; nobody is served before it is attached.
  ///
  /// - Parameter options: see ``SocketIOOptions``.
  /// - Throws: ``SocketIOError`` or `AsyncModeError` with the code `invalidOption`.
  public init(options: SocketIOOptions = SocketIOOptions()) throws {
    try options.validate()
    initialOptions = options
  }

  /// Creates a server on a runtime.
  ///
  /// - Parameters:
  ///   - app: what answers requests that are not for Socket.IO; without it they get 404.
  ///   - mode: the runtime. The server shuts it down when it stops.
  ///   - options: see ``SocketIOOptions``.
  /// - Throws: ``SocketIOError`` or `AsyncModeError` with the code `invalidOption`.
  public convenience init(
    app: (any HTTPApplication)? = nil, mode: any AsyncMode, options: SocketIOOptions = SocketIOOptions()
  ) throws {
    try self.init(options: options)
    try attach(app: app, mode: mode)
  }

  /// Gives the server its runtime. Handlers that were registered before are kept.
  ///
  /// - Parameters:
  ///   - app: what answers requests that are not for Socket.IO; without it they get 404.
  ///   - mode: the runtime. The server shuts it down when it stops.
  ///   - options: take the place of those that the server was created with.
  /// - Throws: ``SocketIOError`` with the code `alreadyAttached`, `invalidOption`, or that of a registration that makes
  ///   no sense; `AsyncModeError` with the code `invalidOption`.
  public func attach(
    app: (any HTTPApplication)? = nil, mode: any AsyncMode, options: SocketIOOptions? = nil
  ) throws {
    try options?.validate()
    try registry.validate()
    guard attachment.load() == nil else {
      throw SocketIOError(.alreadyAttached, "the server has a runtime already; create another server")
    }
    let candidate = try Attachment(app, mode, (options ?? initialOptions).linked(on: mode), registry)
    guard attachment.storeIfNil(candidate) === candidate else {
      throw SocketIOError(.alreadyAttached, "the server has a runtime already; create another server")
    }
    candidate.core.attach(self)
    try candidate.options.cluster?.start(node)
  }

  /// Whether the server has its runtime.
  public var isAttached: Bool { attachment.load() != nil }

  /// What there is once the server has its runtime, for what can throw.
  func requireAttached() throws(SocketIOError) -> Attachment {
    guard let attached = attachment.load() else {
      throw SocketIOError(
        .notAttached, "this Socket.IO server has no runtime yet: call attach(app:mode:options:) first")
    }
    return attached
  }

  /// The same for what cannot.
  var attached: Attachment {
    guard let attached = attachment.load() else {
      preconditionFailure("this Socket.IO server has no runtime yet: call attach(app:mode:options:) first")
    }
    return attached
  }

  /// The runtime that the server runs on. Must not be asked for before the server is attached.
  public var mode: any AsyncMode { attached.mode }

  /// The options of the server.
  public var options: SocketIOOptions { attachment.load()?.options ?? initialOptions }

  /// TLS of this server, if ``SocketIOOptions/tls`` asks for it.
  public var tls: TLSContext? { attachment.load()?.tls }

  /// The Engine.IO server underneath. Must not be asked for before the server is attached.
  public var engine: EngineServer { attached.engine }

  /// What the executors share; `nil` before the server is attached.
  var core: ServerCore? { attachment.load()?.core }

  /// What this server alone does and knows: the side of it that a ``ClusterLink`` uses.
  public var node: LocalNode { LocalNode(core: core) }

  /// Lets a service answer all requests whose path begins with `prefix`. To be called when the server is attached, and
  /// before it runs.
  public func mount(_ service: any HTTPService, at prefix: String) { attached.routes.mount(service, at: prefix) }

  // MARK: Tasks

  /// Starts an operation that runs beside the server, where the runtime runs user code. To be called when the server is
  /// attached.
  @discardableResult
  public func startBackgroundTask<Success: Sendable>(
    name: String = "background", _ operation: @escaping @Sendable () async throws -> Success
  ) -> BackgroundTask<Success> {
    mode.startBackgroundTask(name: name, logger: options.logger, operation)
  }

  /// Suspends the calling task.
  ///
  /// - Throws: `CancellationError` as soon as the calling task is cancelled, or ``SocketIOError`` with the code
  ///   `notAttached`.
  public func sleep(for duration: Duration) async throws { try await requireAttached().mode.sleep(for: duration) }

  /// Runs work that blocks on a thread that may block; see `AsyncMode.runBlocking`.
  ///
  /// - Throws: what the work throws, what `AsyncMode.runBlocking` throws, or ``SocketIOError`` with the code
  ///   `notAttached`.
  public func runBlocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await requireAttached().mode.runBlocking(work)
  }
}
