internal import AsyncModes
internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The thread that runs all executors of a ``MemoryMode``, one after the other, and knows when nothing moves any more.
///
/// ```
///   turn of executor 0 ─► turn of executor 1 ─► … ─► something posted? ─ yes ─► again
///                                                          └ no ─► settled: whoever waits for that goes on
/// ```
final class MemoryDriver: @unchecked Sendable {
  // @unchecked: what changes is behind `mutex`, atomic, or touched by the thread alone.

  /// How the time passes.
  enum Pace {
    /// It stands still until it is set.
    case held
    /// It is the time of the system.
    case running
    /// It passes fast, for a runtime that is shutting down.
    case hurrying
  }

  /// What a wait for the end of all movement has led to.
  enum Outcome {
    /// Nothing moves; the next timer is due then.
    case settled(next: MonotonicInstant?)
    /// Something is busy without an end.
    case restless
  }

  private struct Settler {
    let limit: UInt64
    let continuation: CheckedContinuation<Outcome, Never>
  }

  let workers: WorkerPool
  private(set) var executors: [MemoryExecutor] = []
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var isSignalled = false
  private var isEnding = false
  private var settlers: [Settler] = []
  private var ended: [CheckedContinuation<Void, Never>] = []
  private var hasEnded = false
  private var pace: Pace
  private let time = Atomic<UInt64>(1_000_000_000)
  private let isRunning: Atomic<Bool>

  private static let hurriedStep = Duration.milliseconds(5)

  init(executors count: Int, pace: Pace, workers: WorkerPool) {
    self.workers = workers
    self.pace = pace
    isRunning = Atomic(pace == .running)
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
    executors = (0..<count).map { MemoryExecutor(at: $0, driver: self) }
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Starts the thread.
  func start() -> Bool { startThread(name: "memory") { [self] in run() } }

  // MARK: Time

  var now: MonotonicInstant {
    MonotonicInstant(
      nanoseconds: isRunning.load(ordering: .relaxed) ? Self.systemTime : time.load(ordering: .relaxed))
  }

  private static var systemTime: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }

  /// Sets a clock that is held; it never goes back.
  func set(_ instant: MonotonicInstant) {
    locked {
      if instant.nanoseconds > time.load(ordering: .relaxed) {
        time.store(instant.nanoseconds, ordering: .relaxed)
      }
      isSignalled = true
      pthread_cond_signal(condition)
    }
  }

  /// Lets a clock that is held pass fast from now on.
  func hurry() {
    locked {
      if pace == .held { pace = .hurrying }
      pthread_cond_signal(condition)
    }
  }

  // MARK: From other threads

  private func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  /// There is something to do.
  func signal() {
    locked {
      isSignalled = true
      pthread_cond_signal(condition)
    }
  }

  /// Waits until nothing moves any more: no job, no byte, no work on the pool.
  ///
  /// - Parameter patience: how long that may take, in the time of the system.
  func settle(within patience: Duration) async -> Outcome {
    await withCheckedContinuation { continuation in
      let limit = MonotonicInstant(nanoseconds: Self.systemTime).advanced(by: patience)
      let isOver = locked {
        if hasEnded { return true }
        settlers.append(Settler(limit: limit.nanoseconds, continuation: continuation))
        pthread_cond_signal(condition)
        return false
      }
      if isOver { continuation.resume(returning: .settled(next: nil)) }
    }
  }

  /// Ends the thread and waits for that, unless it is the calling one.
  func end() async {
    let isOwn = locked { executors.contains { $0.isCurrent } }
    await withCheckedContinuation { continuation in
      let isOver = locked {
        isEnding = true
        pthread_cond_signal(condition)
        if hasEnded || isOwn { return true }
        ended.append(continuation)
        return false
      }
      if isOver { continuation.resume() }
    }
  }

  // MARK: The thread

  private func run() {
    while true {
      let (isBusy, next) = turn()
      let areWorkersIdle = workers.isIdle
      pthread_mutex_lock(mutex)
      // What is still busy now goes on elsewhere; see `IOExecutor.stop()`.
      if isEnding { break }
      if isSignalled || isBusy {
        isSignalled = false
        let restless = restlessSettlers()
        pthread_mutex_unlock(mutex)
        for settler in restless { settler.continuation.resume(returning: .restless) }
        continue
      }
      if areWorkersIdle, !settlers.isEmpty {
        let settled = settlers
        settlers = []
        pthread_mutex_unlock(mutex)
        for settler in settled { settler.continuation.resume(returning: .settled(next: next)) }
        continue
      }
      wait(for: pause(next, areWorkersIdle))
      let restless = restlessSettlers()
      isSignalled = false
      pthread_mutex_unlock(mutex)
      for settler in restless { settler.continuation.resume(returning: .restless) }
    }
    hasEnded = true
    let waiting = settlers
    settlers = []
    let ended = ended
    self.ended = []
    let executors = executors
    self.executors = []
    pthread_mutex_unlock(mutex)
    for executor in executors { executor.stop() }
    for settler in waiting { settler.continuation.resume(returning: .settled(next: nil)) }
    for continuation in ended { continuation.resume() }
  }

  /// Gives every executor a turn.
  ///
  /// - Returns: whether one has more to do, and when the next timer is due.
  private func turn() -> (isBusy: Bool, next: MonotonicInstant?) {
    var isBusy = false
    var next: MonotonicInstant?
    for executor in executors {
      let wait = executor.enter {
        executor.beginTurn()
        return executor.runTurn()
      }
      guard let wait else { continue }
      if wait == .zero {
        isBusy = true
      } else {
        let due = executor.turnTime.advanced(by: wait)
        next = next.map { min($0, due) } ?? due
      }
    }
    return (isBusy, next)
  }

  private func restlessSettlers() -> [Settler] {
    guard !settlers.isEmpty else { return [] }
    let now = Self.systemTime
    let restless = settlers.filter { $0.limit <= now }
    if !restless.isEmpty { settlers.removeAll { $0.limit <= now } }
    return restless
  }

  /// How long to wait for a signal; `nil` for as long as it takes.
  private func pause(_ next: MonotonicInstant?, _ areWorkersIdle: Bool) -> Duration? {
    switch pace {
    case .hurrying:
      // A step at a time: tasks that run elsewhere get their share of the processor.
      let step = now.advanced(by: Self.hurriedStep)
      time.store((next.map { min($0, step) } ?? step).nanoseconds, ordering: .relaxed)
      return areWorkersIdle ? .microseconds(100) : Self.hurriedStep
    case .running:
      let wait = next.map { now.duration(to: $0) }
      // The pool does not say when its work has ended.
      return settlers.isEmpty ? wait : min(wait ?? .milliseconds(1), .milliseconds(1))
    case .held: return settlers.isEmpty ? nil : .milliseconds(1)
    }
  }

  private func wait(for duration: Duration?) {
    guard let duration else {
      while !isSignalled, settlers.isEmpty, !isEnding, pace != .hurrying { pthread_cond_wait(condition, mutex) }
      return
    }
    guard duration > .zero else { return }
    let until = MonotonicInstant(nanoseconds: Self.systemTime).advanced(by: duration).nanoseconds
    var limit = timespec()
    limit.tv_sec = Int(until / 1_000_000_000)
    limit.tv_nsec = Int(until % 1_000_000_000)
    pthread_cond_timedwait(condition, mutex, &limit)
  }
}
