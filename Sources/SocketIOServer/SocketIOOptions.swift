public import AsyncModes
public import EngineIO
public import HTTPServing
public import Logging
public import SocketIOCodec

/// The options of a Socket.IO server.
public struct SocketIOOptions: Sendable {
  /// Heartbeats, transports, limits and origins. The path is `/socket.io/` by default.
  public var engine: EngineConfiguration = {
    var engine = EngineConfiguration()
    engine.path = "/socket.io/"
    return engine
  }()
  /// Limits of HTTP requests.
  public var http = HTTPServingOptions()
  /// Limits of sockets and connections.
  public var listen = ListenOptions()
  /// Certificate and settings of TLS; `nil`, the default, serves without it.
  public var tls: TLSServerOptions?
  /// Where the official JavaScript client lies, to be served as `/socket.io/socket.io.js`: the folder `dist` of the
  /// package `socket.io-client`, whose other forms of the client are served beside it, or one file. Default: `nil`, pages
  /// have it from elsewhere.
  public var clientFiles: String?
  /// Limits of packets.
  public var limits = SocketIOLimits()
  /// Namespaces that clients may join although nothing handles their events; `/` always exists. In a name `*` stands
  /// for any characters, and `*` alone lets clients join whatever they name.
  public var namespaces: [String] = []
  /// Namespaces that may exist at a time because clients asked for them: those that only patterns and conditions
  /// accept. Default: 1000.
  public var maxDynamicNamespaces = 1000
  /// Whether events of one client may be handled at the same time, when handlers of it suspend. Default: false, they
  /// are handled one after the other: otherwise a client's second event can overtake its first.
  public var asyncHandlers = false
  /// Events of one client that may be handled at the same time if ``asyncHandlers`` is true. Default: 16.
  public var maxConcurrentEvents = 16
  /// Whether clients are told that they are connected before the connect handler has let them in; who is turned away is
  /// then disconnected. Default: false. What a connect handler emits arrives behind that news in either case.
  public var alwaysConnect = false
  /// How long a client may be connected without joining a namespace. Default: 45 s.
  public var connectTimeout: Duration = .seconds(45)
  /// Namespaces that one client may join. Default: 100.
  public var maxNamespacesPerClient = 100
  /// Rooms that one client may be in, in each namespace. Default: 10,000.
  public var maxRoomsPerClient = 10_000
  /// Acknowledgements of one client that may be awaited, in each namespace. Default: 1000.
  public var maxPendingAcknowledgements = 1000
  /// Events of one client that may wait while a handler of it is suspended; then it is not read. Default: 1000.
  public var maxQueuedEvents = 1000
  /// The same in bytes. Default: 1 MiB.
  public var maxQueuedEventBytes = 1 << 20
  /// How values are written as JSON, and read. Default: as JavaScript does it.
  public var json: any JSONCodec = StandardJSON()
  /// The sessions of the HTTP application. Default: none, sessions of sockets begin empty.
  public var sessions: (any SessionStore)?
  /// Whether every client has a session of its own in each namespace, which begins as a copy of the user's HTTP session
  /// and does not change that. If false, handlers see and change the HTTP session itself: it is loaded before every
  /// handler and saved after it. Default: true.
  public var manageSession = true
  /// The message queue through which the server joins others, such as `QueueOptions(url: "redis://localhost")`. Default:
  /// `nil`, it is alone.
  public var messageQueue: QueueOptions?
  /// What connects the server to others that serve the same application. Default: `nil`, it is alone.
  public var cluster: (any ClusterLink)?
  /// How long ``SocketIO/stop(within:)`` waits by default. Default: 5 s.
  public var shutdownTimeout: Duration = .seconds(5)
  /// For development: the loggers of server and engine say more, and answers to requests of which the application
  /// failed say why. Never to be used where strangers can connect. Default: false.
  public var debug = false
  /// Where the server says what it cannot tell a caller.
  public var logger = Logger(label: "socketio")

  /// Creates options with their defaults.
  public init() {}

  /// Checks the values.
  ///
  /// - Throws: ``SocketIOError`` or `AsyncModeError` with the code `invalidOption`, naming the option and its value.
  public func validate() throws {
    try engine.validate()
    try http.validate()
    try listen.validate()
    for (name, value) in [
      ("maxNamespacesPerClient", maxNamespacesPerClient), ("maxRoomsPerClient", maxRoomsPerClient),
      ("maxPendingAcknowledgements", maxPendingAcknowledgements), ("maxQueuedEvents", maxQueuedEvents),
      ("maxQueuedEventBytes", maxQueuedEventBytes), ("limits.maxDepth", limits.maxDepth),
      ("maxDynamicNamespaces", maxDynamicNamespaces), ("maxConcurrentEvents", maxConcurrentEvents),
      ("limits.maxNamespaceBytes", limits.maxNamespaceBytes), ("limits.maxPendingBytes", limits.maxPendingBytes),
    ] where value < 1 {
      throw SocketIOError(.invalidOption, "\(name) is \(value), but must be positive")
    }
    try messageQueue?.validate()
    guard connectTimeout > .zero else {
      throw SocketIOError(.invalidOption, "connectTimeout is \(connectTimeout), but must be longer than zero")
    }
    guard limits.maxAttachments >= 0 else {
      throw SocketIOError(.invalidOption, "limits.maxAttachments is \(limits.maxAttachments), but must not be negative")
    }
    guard shutdownTimeout >= .zero else {
      throw SocketIOError(.invalidOption, "shutdownTimeout is \(shutdownTimeout), but must not be negative")
    }
    guard manageSession || sessions?.canSave == true else {
      throw SocketIOError(
        .invalidOption, "manageSession is false, but sessions is no store of server-side sessions that can be shared")
    }
    for namespace in namespaces {
      if let fault = NamespacePattern(namespace).fault {
        throw SocketIOError(.invalidOption, "namespaces: \(fault.message)")
      }
    }
  }
}
