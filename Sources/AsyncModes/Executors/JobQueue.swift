internal import Synchronization

/// A unit of work for an executor.
enum Job {
  case task(UnownedJob)
  case closure(@Sendable () -> Void)
}

/// The FIFO of an executor: a locked intake for other threads, and an unlocked queue for the executor itself.
///
/// Work that the executor gives itself never touches the lock, and a wake-up is asked for only by the first foreign job
/// after the executor last looked.
final class JobQueue: Sendable {
  private struct Intake {
    var jobs: [Job] = []
    var isSignaled = false
    var isStopped = false
  }
  private let intake = Mutex(Intake())

  /// What adding a job calls for.
  enum Outcome { case wake, queued, stopped }

  func append(_ job: Job) -> Outcome {
    intake.withLock { intake in
      intake.jobs.append(job)
      if intake.isStopped { return .stopped }
      if intake.isSignaled { return .queued }
      intake.isSignaled = true
      return .wake
    }
  }

  /// Swaps out everything that other threads have queued; `spare` becomes the new intake.
  func take(into spare: inout [Job]) {
    intake.withLock { intake in
      swap(&intake.jobs, &spare)
      intake.isSignaled = false
    }
  }

  /// Whether other threads have queued something.
  var isEmpty: Bool { intake.withLock { $0.jobs.isEmpty } }

  /// Whether ``stop()`` was called.
  var isStopped: Bool { intake.withLock { $0.isStopped } }

  /// From now on nobody looks at the queue by itself: ``append(_:)`` answers `stopped`.
  func stop() { intake.withLock { $0.isStopped = true } }
}
