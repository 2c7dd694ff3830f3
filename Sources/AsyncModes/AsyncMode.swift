/// A runtime that a server can be put on: sleeping, background tasks and socket I/O.
///
/// A mode owns a fixed set of ``IOExecutor``s (one for each core it uses) and every connection lives on exactly one of
/// them. Bytes are pushed to a ``ConnectionHandler`` on that executor, and everything that belongs to a connection is
/// touched there and nowhere else, so the path from socket to handler takes no lock.
///
/// ```
///   socket ──► Connection ──► ConnectionHandler.received      on the connection's IOExecutor
///                  ▲                   │
///                  └─── write ◄────────┘                      flushed once for each turn of the executor
/// ```
///
/// A mode from outside this package conforms to this protocol, proves itself with the `AsyncModeTesting` suite and is
/// registered by name with `AsyncModeRegistry`.
public protocol AsyncMode: AnyObject, Sendable {
  /// The name by which users choose this mode, such as `libuv`.
  static var name: String { get }

  /// Answers whether the mode can run on this host, and why not if it cannot.
  static func probe() -> ModeAvailability

  /// Creates the mode and starts its threads.
  ///
  /// - Throws: ``AsyncModeError`` with the code `unavailable` if ``probe()`` would say so.
  init(configuration: ModeConfiguration) throws(AsyncModeError)

  /// The executors of this mode; never empty and never changing.
  var executors: [IOExecutor] { get }

  /// The pool that runs blocking work.
  var workers: WorkerPool { get }

  /// Whether user code may block the thread it runs on.
  ///
  /// If `true`, synchronous handlers are to be run on ``workers``. If `false` they run on the connection's executor and
  /// must hand blocking work to ``runBlocking(_:)``.
  var handlersMayBlock: Bool { get }

  /// Accepts connections on an address, on every executor.
  ///
  /// - Parameters:
  ///   - address: where to listen. Port 0 asks the system for a free one; see ``Listener/address``.
  ///   - options: limits and socket options.
  ///   - accept: called on the executor of the new connection; returns the handler that gets its bytes.
  /// - Throws: ``AsyncModeError`` with the code `listenFailed`.
  func listen(
    on address: SocketAddress, options: ListenOptions,
    accept: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) -> any Listener

  /// Opens an outgoing connection.
  ///
  /// - Parameters:
  ///   - address: a numeric IP address or a Unix-domain path; use ``resolve(host:port:)`` for names.
  ///   - options: limits and socket options; ``ConnectionOptions/connectTimeout`` bounds the attempt.
  ///   - executor: one of ``executors``, on which the connection shall live.
  ///   - established: called on `executor` once the connection stands; returns the handler that gets its bytes.
  /// - Throws: ``AsyncModeError`` with the code `connectFailed` or `timedOut`.
  func connect(
    to address: SocketAddress, options: ConnectionOptions, on executor: IOExecutor,
    established: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError)

  /// Suspends the calling task for at least a duration, measured on the monotonic clock.
  ///
  /// - Throws: `CancellationError` as soon as the calling task is cancelled. A runtime that is shut down meanwhile may
  ///   throw ``AsyncModeError`` with the code `shutDown`.
  func sleep(for duration: Duration) async throws

  /// Starts asynchronous user code where this mode runs user code.
  ///
  /// libuv: on the executor. Structured concurrency: on Swift's cooperative pool, as a child of the mode's root task.
  /// Threads: on a worker thread that may block. When the caller is already in the right place the operation runs at
  /// once until it first suspends.
  ///
  /// - Parameters:
  ///   - executor: the executor the operation is concerned with, or `nil` for whichever has least to do.
  ///   - operation: the user code. It is cancelled when the mode shuts down.
  func startTask(on executor: IOExecutor?, _ operation: @escaping @Sendable () async -> Void)

  /// Closes listeners and connections, cancels tasks, and ends the mode's threads.
  ///
  /// - Parameter deadline: how long to wait for connections to drain and for tasks to end; what is left is aborted.
  /// - Returns: what had to be left behind. Calling it again returns the first report.
  func shutdown(within deadline: Duration) async -> ShutdownReport
}

/// What a probe found out about a mode.
public enum ModeAvailability: Sendable, Equatable {
  /// The mode can run here; the text says with what, such as `libuv 1.44.2`.
  case usable(String)
  /// The mode cannot run here: why, and what to do about it.
  case unusable(reason: String, remedy: String)

  /// Whether the mode can run here.
  public var isUsable: Bool {
    if case .usable = self { true } else { false }
  }
}

/// What was left when a mode was shut down.
public struct ShutdownReport: Sendable, Equatable {
  /// Connections that did not drain within the deadline and were aborted.
  public var abortedConnections: Int
  /// Tasks that had not ended at the deadline, although they were cancelled.
  public var unfinishedTasks: Int

  /// Creates a report.
  public init(abortedConnections: Int = 0, unfinishedTasks: Int = 0) {
    self.abortedConnections = abortedConnections
    self.unfinishedTasks = unfinishedTasks
  }
}
