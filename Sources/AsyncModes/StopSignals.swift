internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Calls a closure when the process is asked to end (SIGINT, SIGTERM), or to read its files again (SIGHUP). A second
/// signal to end does so at once.
///
/// One at a time is in force in a process: the one that was made last.
public final class StopSignals: Sendable {
  /// Where the signal handler writes: nothing else may be done in one.
  private static let pipeEnd = Atomic<Int32>(-1)
  private let writeEnd: Int32
  private let numbers: [Int32]

  /// Takes the signals over.
  ///
  /// - Parameters:
  ///   - reload: called on SIGHUP, on a thread of its own; without it that signal ends the process, as it always does.
  ///   - stop: called once, on that thread, when the first signal to end comes.
  public init(reload: (@Sendable () -> Void)? = nil, _ stop: @escaping @Sendable () -> Void) {
    numbers = reload == nil ? [SIGINT, SIGTERM] : [SIGINT, SIGTERM, SIGHUP]
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      writeEnd = -1
      return
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let readEnd = ends[0]
    writeEnd = ends[1]
    Self.pipeEnd.store(writeEnd, ordering: .sequentiallyConsistent)
    for number in numbers {
      signal(number) { number in
        let saved = errno
        let end = StopSignals.pipeEnd.load(ordering: .relaxed)
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(end, &byte, 1)
        if number != SIGHUP { signal(number, SIG_DFL) }
        errno = saved
      }
    }
    startThread(name: "signals") {
      var byte: UInt8 = 0
      var isStopped = false
      while !isStopped {
        let count = read(readEnd, &byte, 1)
        if count == 1, Int32(byte) == SIGHUP {
          reload?()
        } else if count == 1 {
          isStopped = true
          stop()
        } else if count == 0 || errno != EINTR {
          break
        }
      }
      close(readEnd)
    }
  }

  /// Leaves the signals to the system again.
  public func restore() {
    guard writeEnd >= 0 else { return }
    for number in numbers { signal(number, SIG_DFL) }
    Self.pipeEnd.store(-1, ordering: .sequentiallyConsistent)
    close(writeEnd)
  }

  /// Suspends the calling task until the process is asked to end.
  public static func wait() async {
    await withCheckedContinuation { continuation in
      _ = StopSignals { continuation.resume() }
    }
  }
}
