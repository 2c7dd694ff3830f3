internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// One thread of I/O: a FIFO of jobs, timers, and the connections that live on it.
///
/// It is a `TaskExecutor` and a `SerialExecutor`, so Swift tasks can run on the very thread that serves a connection
/// and need no hop to touch it. Jobs run in the order in which they were posted from one place.
///
/// A runtime subclasses it, implements ``wake()``, and calls ``runTurn()`` each time it has dispatched its I/O. State
/// that is confined to an executor is touched only while ``isCurrent`` is true.
open class IOExecutor: TaskExecutor, SerialExecutor, @unchecked Sendable {
  // @unchecked: everything mutable is either behind `queue`'s lock or confined to the executor's own thread.

  /// The place of this executor among ``AsyncMode/executors``.
  public final let index: Int

  let queue = JobQueue()
  @exclusivity(unchecked) private var local: [Job] = []
  @exclusivity(unchecked) private var localHead = 0
  private var spare: [Job] = []
  @exclusivity(unchecked) private var timers = TimerQueue()
  @exclusivity(unchecked) var arena = TurnArena()
  @exclusivity(unchecked) var dirty: ContiguousArray<Connection> = []
  /// Connections that are being flushed; kept for its memory.
  @exclusivity(unchecked) var flushing: ContiguousArray<Connection> = []
  @exclusivity(unchecked) var isFlushing = false
  @exclusivity(unchecked) var connections: ContiguousArray<Connection> = []
  /// For connections that speak TLS; made when the first one does.
  @exclusivity(unchecked) var tlsBuffer: TLSBuffer?
  @exclusivity(unchecked) var tlsSlab: TLSSlab?
  /// Whether the runtime is shutting down: connections that come now are closed at once.
  var isClosing = false
  private let late = Mutex(false)

  /// The time at which the current turn began: cheap, and exact enough for idle timeouts.
  @exclusivity(unchecked) public private(set) final var turnTime: MonotonicInstant

  /// The most jobs that one turn runs before it looks at I/O again.
  static let jobsPerTurn = 4096

  /// Creates an executor; `index` is its place among the mode's executors.
  public init(index: Int) {
    self.index = index
    turnTime = MonotonicInstant(nanoseconds: 0)
    turnTime = now
  }

  deinit { arena.release() }

  // MARK: For runtimes

  /// Makes the executor look at its jobs soon; called from any thread, and only when it may not be looking already.
  open func wake() {}

  /// The monotonic clock of the executor; a test may hold its own.
  open var now: MonotonicInstant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicInstant(nanoseconds: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
  }

  /// Tells the runtime that the earliest deadline may have moved forward outside a turn.
  open func timersChanged() {}

  /// Runs `body` as this executor: ``isCurrent`` is true inside.
  public final func enter<Result>(_ body: () -> Result) -> Result {
    let previous = CurrentExecutor.enter(Unmanaged.passUnretained(self).toOpaque())
    defer { _ = CurrentExecutor.enter(previous) }
    return body()
  }

  /// Takes the time for the turn that begins; call it when the wait for I/O has returned.
  public final func beginTurn() { turnTime = now }

  /// Runs due timers and waiting jobs, then flushes what they wrote. To be called with this executor entered.
  ///
  /// - Returns: how long the executor may wait for I/O: zero if there is more to do, `nil` if only I/O or another
  ///   thread can give it work.
  public final func runTurn() -> Duration? {
    let more = runJobs()
    let time = now
    turnTime = time
    var budget = timers.count
    while budget > 0, let target = timers.popDue(at: time) {
      target.timerFired()
      budget -= 1
    }
    flushDirtyConnections()
    if more || localHead < local.count || !dirty.isEmpty { return .zero }
    guard let next = timers.nextDeadline else {
      timers.shrinkIfEmpty()
      return nil
    }
    return time.duration(to: next)
  }

  private func runJobs() -> Bool {
    if localHead < local.count { takeBesidesLocalJobs() }
    var budget = Self.jobsPerTurn
    while budget > 0 {
      if localHead == local.count {
        local.removeAll(keepingCapacity: local.capacity <= 4096)
        localHead = 0
        spare.removeAll(keepingCapacity: spare.capacity <= 4096)
        queue.take(into: &spare)
        if spare.isEmpty { return false }
        swap(&local, &spare)
      }
      let job = local[localHead]
      localHead += 1
      budget -= 1
      run(job)
    }
    return localHead < local.count || !queue.isEmpty
  }

  /// The last turn left jobs behind, perhaps of a task that gives itself more and more: the others get their turn, too.
  private func takeBesidesLocalJobs() {
    if localHead * 2 >= local.count {
      local.removeFirst(localHead)
      localHead = 0
    }
    queue.take(into: &spare)
    local.append(contentsOf: spare)
    spare.removeAll(keepingCapacity: spare.capacity <= 4096)
  }

  private func run(_ job: Job) {
    switch job {
    case .task(let job):
      unsafe job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
    case .closure(let body): body()
    }
  }

  /// Ends the executor: no thread serves it any more. What is posted later runs on a thread made for it; timers never
  /// fire. To be called when the executor's thread has left its last turn.
  public final func stop() {
    // No other thread may serve the executor before this one is through with it.
    late.withLock { $0 = true }
    queue.stop()
    enter { for target in timers.removeAll() { target.executorEnded() } }
    let isLeft = localHead < local.count
    late.withLock { $0 = false }
    if isLeft || !queue.isEmpty { drainLate() }
  }

  /// Whether ``stop()`` was called.
  public final var isEnded: Bool { queue.isStopped }

  /// The runtime is shutting down: a subclass gives up what it has begun and cannot finish, such as attempts to connect.
  open func abandonAttempts() {}

  private func drainLate() {
    let mustStart = late.withLock { isRunning in
      defer { isRunning = true }
      return !isRunning
    }
    guard mustStart else { return }
    startThread(name: "executor-\(index)-late") { [self] in
      enter {
        repeat {
          while runTurn() == .zero {}
          late.withLock { $0 = false }
        } while !queue.isEmpty
          && late.withLock { isRunning in
            defer { isRunning = true }
            return !isRunning
          }
      }
    }
  }

  // MARK: For everybody

  /// Whether the calling code runs on this executor.
  public final var isCurrent: Bool {
    CurrentExecutor.address == Unmanaged.passUnretained(self).toOpaque()
  }

  /// Queues work behind everything that was posted before it. May be called from any thread.
  public final func post(_ body: @escaping @Sendable () -> Void) { append(.closure(body)) }

  /// Runs work now if the caller is on this executor already, and posts it otherwise.
  @inline(__always)
  public final func execute(_ body: @escaping @Sendable () -> Void) {
    if isCurrent { body() } else { append(.closure(body)) }
  }

  /// Queues a job of a Swift task.
  public final func enqueue(_ job: consuming ExecutorJob) { append(.task(UnownedJob(job))) }

  private func append(_ job: Job) {
    if isCurrent {
      local.append(job)
      return
    }
    switch queue.append(job) {
    case .wake: wake()
    case .queued: break
    case .stopped: drainLate()
    }
  }

  /// This executor as the runtime of Swift names it.
  public final func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

  /// This executor as the runtime of Swift names it.
  public final func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

  /// Whether the calling code is isolated to this executor.
  public final func isIsolatingCurrentContext() -> Bool? { isCurrent }

  /// Calls `target` on this executor once `delay` has passed. To be called on this executor.
  public final func schedule(after delay: Duration, _ target: any TimerTarget) -> TimerID {
    assert(isCurrent, "timers are scheduled on their executor")
    let deadline = now.advanced(by: delay)
    let isFirst = timers.nextDeadline.map { deadline < $0 } ?? true
    let id = timers.schedule(at: deadline, target)
    if isFirst { timersChanged() }
    return id
  }

  /// Calls `body` on this executor once `delay` has passed. To be called on this executor.
  public final func schedule(after delay: Duration, _ body: @escaping () -> Void) -> TimerID {
    schedule(after: delay, TimerClosure(body))
  }

  /// Forgets a timer; one that has fired already is no error. To be called on this executor.
  public final func cancel(_ timer: TimerID) {
    assert(isCurrent, "timers are cancelled on their executor")
    timers.cancel(timer)
  }

  /// The number of timers that wait on this executor. To be read on this executor.
  public final var timerCount: Int { timers.count }

  /// The number of connections that live on this executor. To be read on this executor.
  public final var connectionCount: Int { connections.count }
}

/// A timer that calls a closure.
private final class TimerClosure: TimerTarget {
  private let body: () -> Void
  init(_ body: @escaping () -> Void) { self.body = body }
  func timerFired() { body() }
}
