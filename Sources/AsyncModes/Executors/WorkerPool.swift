internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A pool of threads that may block: it grows when work waits, to a bound, and shrinks when threads are idle.
///
/// It is a `TaskExecutor` too, so Swift tasks can run on threads that may block.
public final class WorkerPool: TaskExecutor, @unchecked Sendable {
  // @unchecked: everything mutable is behind `mutex`.

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var jobs: [Job] = []
  private var head = 0
  private var threads = 0
  private var idle = 0
  /// Whether an idle thread was signalled that has not looked for work yet; it is not counted as idle any more.
  private var isSignalled = false
  /// Whether a thread was started that has not looked for work yet.
  private var isStarting = false
  private var isStopped = false
  private var refused = 0
  /// The most threads at a time.
  public let maxThreads: Int
  /// The most pieces of work that may wait.
  public let maxQueued: Int

  /// How long a thread waits for work before it ends.
  private static let idleSeconds = 10

  /// Creates the pool of a mode.
  public convenience init(_ configuration: ModeConfiguration) {
    self.init(maxThreads: configuration.maxWorkerThreads, maxQueued: configuration.maxQueuedWork)
  }

  /// Creates a pool without threads; they come with the work.
  ///
  /// - Parameters:
  ///   - maxThreads: the most threads at a time.
  ///   - maxQueued: the most pieces of work that may wait.
  public init(maxThreads: Int, maxQueued: Int) {
    self.maxThreads = maxThreads
    self.maxQueued = maxQueued
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// The number of threads that exist now.
  public var threadCount: Int { locked { threads } }

  /// The number of pieces of work that wait for a thread now.
  public var queuedCount: Int { locked { jobs.count - head } }

  /// Whether no work waits and none is being done.
  public var isIdle: Bool { locked { head == jobs.count && threads == idle } }

  /// The number of pieces of work that were refused because too many waited.
  public var refusedCount: Int { locked { refused } }

  /// Runs work on one of the threads.
  ///
  /// - Throws: ``AsyncModeError`` with the code `overloaded` if the bound is reached, or `shutDown`.
  public func submit(_ work: @escaping @Sendable () -> Void) throws(AsyncModeError) {
    enum Outcome { case taken, full, threadless, stopped }
    let outcome: Outcome = locked {
      if isStopped { return .stopped }
      if jobs.count - head >= maxQueued {
        refused += 1
        return .full
      }
      if add(.closure(work)) { return .taken }
      jobs.removeLast()
      refused += 1
      return .threadless
    }
    switch outcome {
    case .taken: return
    case .full: throw AsyncModeError(.overloaded, "\(maxQueued) pieces of blocking work wait already (maxQueuedWork)")
    case .threadless: throw AsyncModeError(.overloaded, "the system gives no thread for blocking work")
    case .stopped: throw AsyncModeError(.shutDown, "the runtime has been shut down")
    }
  }

  /// Runs pieces of work on the threads, in any number of which they may run at the same time.
  ///
  /// Threads are woken once all of it is queued: on a busy processor that is cheaper than once for each piece.
  ///
  /// - Returns: how many pieces were taken, from the first one on. The others were refused because the bound is reached,
  ///   no thread can be had, or the pool was stopped.
  public func submit(_ work: [@Sendable () -> Void]) -> Int {
    locked {
      guard !isStopped else { return 0 }
      let room = min(work.count, maxQueued - (jobs.count - head))
      guard room > 0 else {
        refused += work.count
        return 0
      }
      let before = jobs.count
      for body in work.prefix(room) { jobs.append(.closure(body)) }
      wakeOne()
      let taken = threads > 0 ? room : 0
      if taken == 0 { jobs.removeLast(jobs.count - before) }
      refused += work.count - taken
      return taken
    }
  }

  /// Queues a job of a Swift task. Tasks are bounded by whoever starts them, so it is never refused.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    // Without any thread the job waits for the next one that can be started.
    locked { _ = add(.task(job)) }
  }

  /// Lets the threads end when the queue is empty. Tasks that are enqueued later still run.
  public func stop() {
    locked {
      isStopped = true
      pthread_cond_broadcast(condition)
    }
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  /// Queues a job; answers whether there is a thread that will come to it.
  private func add(_ job: Job) -> Bool {
    jobs.append(job)
    wakeOne()
    return threads > 0
  }

  /// Gets one more thread to look for work, unless one is about to.
  ///
  /// Each thread that takes work while more waits calls this, so there are as many threads as are needed soon, even if
  /// all work blocks; but a burst of short work is done by few of them, instead of by one woken for each piece.
  private func wakeOne() {
    guard !isSignalled, !isStarting else { return }
    if idle > 0 {
      idle -= 1
      isSignalled = true
      pthread_cond_signal(condition)
    } else if threads < maxThreads {
      threads += 1
      isStarting = true
      if !startThread(name: "worker", { [self] in work() }) {
        threads -= 1
        isStarting = false
      }
    }
  }

  private func work() {
    var isNew = true
    while let job = next(isNew) {
      isNew = false
      switch job {
      case .closure(let body): body()
      case .task(let job): unsafe job.runSynchronously(on: asUnownedTaskExecutor())
      }
    }
  }

  /// Waits for a job; `nil` tells the thread to end.
  private func next(_ isNew: Bool) -> Job? {
    locked {
      if isNew { isStarting = false }
      var isTimedOut = false
      while head == jobs.count {
        if isStopped || isTimedOut {
          threads -= 1
          return nil
        }
        var until = timespec()
        clock_gettime(CLOCK_MONOTONIC, &until)
        until.tv_sec += Self.idleSeconds
        idle += 1
        isTimedOut = pthread_cond_timedwait(condition, mutex, &until) == ETIMEDOUT
        // Whoever signals takes one thread out of the idle ones, whichever it is that wakes first.
        if isSignalled { isSignalled = false } else { idle -= 1 }
      }
      let job = jobs[head]
      head += 1
      if head == jobs.count {
        jobs.removeAll(keepingCapacity: jobs.capacity <= 4096)
        head = 0
      } else {
        wakeOne()
        if head >= 4096, head * 2 >= jobs.count {
          jobs.removeFirst(head)
          head = 0
        }
      }
      return job
    }
  }

  /// This pool as the runtime of Swift names it.
  public func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }
}
