public import AsyncModes
internal import SocketIOServer
internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A runtime for tests: connections in memory, and a clock that the test holds.
///
/// Everything above it is what serves in production: the same connections with their corking, backpressure and bounds,
/// the same executors and timers. All executors take turns on one thread, so what follows from one step of a test always
/// happens in the same order, and the runtime knows when nothing moves any more; see ``settle()``.
///
/// ```swift
/// let mode = try MemoryMode()
/// let io = try SocketIO(mode: mode)
/// let client = try await io.testClient()
/// try await mode.advance(by: .seconds(45))       // no time passes
/// await io.stop()
/// ```
public final class MemoryMode: AsyncMode {
  /// How the time of the runtime passes.
  public enum Clock: Sendable, Hashable {
    /// It stands still but for ``MemoryMode/advance(by:)``.
    case held
    /// It is the time of the system.
    case running
  }

  /// `memory`
  public static let name = "memory"

  /// How long ``settle()`` waits, in the time of the system.
  static let patience = Duration.seconds(60)

  private struct State {
    var listeners: [SocketAddress: MemoryListener] = [:]
    var served: [Served] = []
    var nextPort = 49_152
  }

  /// A server that test clients connect to.
  private struct Served {
    weak var server: SocketIO?
    let address: SocketAddress
  }

  private let driver: MemoryDriver
  private let network: MemoryNetwork
  private let lifecycle: ModeLifecycle
  private let state = Mutex(State())
  private let turn = Atomic(0)

  /// Always usable.
  public static func probe() -> ModeAvailability { .usable("in memory") }

  /// Creates the runtime with a clock that runs.
  ///
  /// - Throws: `AsyncModeError` with the code `unavailable` or `invalidOption`.
  public convenience init(configuration: ModeConfiguration) throws(AsyncModeError) {
    try self.init(configuration: configuration, clock: .running, handlersMayBlock: false, network: MemoryNetwork())
  }

  /// Creates the runtime.
  ///
  /// - Parameters:
  ///   - executors: how many executors; connections are spread over them in turn. Default: 2.
  ///   - clock: Default: the test holds it.
  ///   - handlersMayBlock: whether user code runs on threads that may block, as with the runtime `threads`. Default:
  ///     false, it runs on the executors.
  ///   - network: the buffers of connections.
  /// - Throws: `AsyncModeError` with the code `unavailable` or `invalidOption`.
  public convenience init(
    executors: Int = 2, clock: Clock = .held, handlersMayBlock: Bool = false, network: MemoryNetwork = MemoryNetwork()
  ) throws(AsyncModeError) {
    try self.init(
      configuration: ModeConfiguration(executorCount: executors), clock: clock, handlersMayBlock: handlersMayBlock,
      network: network)
  }

  private init(
    configuration: ModeConfiguration, clock: Clock, handlersMayBlock: Bool, network: MemoryNetwork
  ) throws(AsyncModeError) {
    try configuration.validate()
    for (name, value) in [("bufferBytes", network.bufferBytes), ("chunkBytes", network.chunkBytes)] where value < 1 {
      throw AsyncModeError(.invalidOption, "network.\(name) is \(value), but must be positive")
    }
    self.network = network
    self.handlersMayBlock = handlersMayBlock
    driver = MemoryDriver(
      executors: configuration.executorCount, pace: clock == .held ? .held : .running,
      workers: WorkerPool(configuration))
    lifecycle = ModeLifecycle(executors: driver.executors, workers: driver.workers)
    guard driver.start() else { throw AsyncModeError(.unavailable, "the system gives no thread") }
  }

  /// The executors.
  public var executors: [IOExecutor] { lifecycle.executors }
  /// The pool for blocking work.
  public var workers: WorkerPool { driver.workers }
  /// Whether user code runs on threads that may block.
  public let handlersMayBlock: Bool

  // MARK: Time

  /// The time of the runtime.
  public var now: MonotonicInstant { driver.now }

  /// Waits until nothing moves any more: no job, no byte, no task and no blocking work goes on until time passes.
  ///
  /// Code that waits for something outside of the runtime, such as `Task.sleep` or an actor with an executor of its own,
  /// is not seen to move.
  ///
  /// - Throws: `AsyncModeError` with the code `timedOut` if something is still busy after a minute.
  public func settle() async throws(AsyncModeError) { _ = try await settled() }

  private func settled() async throws(AsyncModeError) -> MonotonicInstant? {
    switch await driver.settle(within: Self.patience) {
    case .settled(let next): return next
    case .restless:
      throw AsyncModeError(
        .timedOut, "something is still busy after \(Self.patience): a task that never suspends, or work that blocks")
    }
  }

  /// Lets time pass on a clock that is held, from timer to timer, with everything that follows from each.
  ///
  /// - Throws: `AsyncModeError` with the code `timedOut`; see ``settle()``.
  public func advance(by duration: Duration) async throws(AsyncModeError) {
    var next = try await settled()
    let end = now.advanced(by: duration)
    while let due = next, due <= end {
      driver.set(due)
      next = try await settled()
    }
    driver.set(end)
    try await settle()
  }

  // MARK: Connections

  /// Accepts connections in memory. The address is only a name; port 0 stands for one that nobody has.
  ///
  /// - Throws: `AsyncModeError` with the code `listenFailed`, `invalidOption` or `shutDown`.
  public func listen(
    on address: SocketAddress, options: ListenOptions,
    accept: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) -> any Listener {
    try options.validate()
    try lifecycle.checkRunning()
    var name = address
    if let host = address.host, address.port == 0 {
      let port = state.withLock { state in
        state.nextPort += 1
        return state.nextPort
      }
      name = try .ip(host, port: port)
    }
    let listener = MemoryListener(name, options, accept: accept) { [weak self] listener in self?.closed(listener) }
    let isNew = state.withLock { state in
      guard state.listeners[listener.address] == nil else { return false }
      state.listeners[listener.address] = listener
      return true
    }
    guard isNew else {
      throw AsyncModeError(.listenFailed, "somebody listens on \(name) already", errorNumber: EADDRINUSE)
    }
    try await lifecycle.keep(listener)
    return listener
  }

  private func closed(_ listener: MemoryListener) {
    state.withLock { state in
      if state.listeners[listener.address] === listener { state.listeners[listener.address] = nil }
    }
  }

  /// Opens a connection to whoever listens on an address of this runtime.
  ///
  /// - Throws: `AsyncModeError` with the code `connectFailed`, `invalidOption` or `shutDown`.
  public func connect(
    to address: SocketAddress, options: ConnectionOptions, on executor: IOExecutor,
    established: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) {
    try lifecycle.check(executor)
    guard !Task.isCancelled else { throw AsyncModeError(.connectFailed, "the task was cancelled") }
    let client = try dial(address, options, on: executor)
    await executor.run { client.attach(established(client)) }
  }

  /// Makes a connection to whoever listens on an address; it is to be started on its executor.
  func dial(
    _ address: SocketAddress, _ options: ConnectionOptions, on executor: IOExecutor
  ) throws(AsyncModeError) -> MemoryConnection {
    try options.validate()
    try lifecycle.checkRunning()
    guard let listener = state.withLock({ $0.listeners[address] }) else {
      let number = address.path == nil ? ECONNREFUSED : ENOENT
      throw AsyncModeError(
        .connectFailed, "cannot connect to \(address): nobody listens there", errorNumber: number)
    }
    let own = try SocketAddress.ip("127.0.0.1", port: 1024 + turn.load(ordering: .relaxed) % 40_000)
    let place = executors[nextTurn()]
    let client = MemoryConnection(
      executor: executor, options: options, network: network, remoteAddress: address, localAddress: own)
    let server = MemoryConnection(
      executor: place, options: listener.options.connection, network: network, remoteAddress: own,
      localAddress: address, onClose: { listener.leave() })
    MemoryConnection.join(server, client)
    if listener.admit() {
      place.post { server.attach(listener.accept(server)) }
    } else {
      client.refuse()
    }
    return client
  }

  private func nextTurn() -> Int {
    Int(UInt(bitPattern: turn.wrappingAdd(1, ordering: .relaxed).oldValue) % UInt(executors.count))
  }

  /// Where a server listens for test clients; it begins to with the first.
  func address(of server: SocketIO) async throws -> SocketAddress {
    if let address = state.withLock({ $0.served.first { $0.server === server }?.address }) { return address }
    let listener = try await server.listen(on: .ip("127.0.0.1", port: 0))
    state.withLock { state in
      state.served.removeAll { $0.server == nil }
      state.served.append(Served(server: server, address: listener.address))
    }
    return listener.address
  }

  // MARK: Tasks

  private var preferredExecutor: IOExecutor { executors.first { $0.isCurrent } ?? executors[nextTurn()] }

  /// Sleeps on the clock of the runtime.
  public func sleep(for duration: Duration) async throws { try await preferredExecutor.sleep(for: duration) }

  /// Starts a task on an executor, or on the workers if user code may block.
  public func startTask(on executor: IOExecutor?, _ operation: @escaping @Sendable () async -> Void) {
    let handle = lifecycle.tasks.add()
    if handlersMayBlock {
      Task(executorPreference: workers) { await handle.run(operation) }
      return
    }
    let executor = executor ?? preferredExecutor
    if executor.isCurrent {
      Task.immediate(executorPreference: executor) { await handle.run(operation) }
    } else {
      Task(executorPreference: executor) { await handle.run(operation) }
    }
  }

  /// Closes connections, cancels tasks, and ends the thread. A clock that is held passes fast meanwhile.
  public func shutdown(within deadline: Duration) async -> ShutdownReport {
    driver.hurry()
    return await lifecycle.shutdown(within: deadline) { await driver.end() }
  }
}
