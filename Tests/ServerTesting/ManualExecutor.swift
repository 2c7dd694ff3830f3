package import AsyncModes

/// An executor whose clock and turns belong to the test: nothing happens by itself.
package final class ManualExecutor: IOExecutor, @unchecked Sendable {
  // @unchecked: used by one test at a time.
  private var time = MonotonicInstant(nanoseconds: 1_000_000_000)

  package override var now: MonotonicInstant { time }

  /// Runs everything that is due.
  package func run() { enter { while runTurn() == .zero {} } }

  /// Lets time pass, from timer to timer.
  package func advance(by duration: Duration) {
    let end = time.advanced(by: duration)
    enter {
      while true {
        let wait = runTurn()
        if wait == .zero { continue }
        guard let wait, time.advanced(by: wait) <= end else { break }
        time = time.advanced(by: wait)
      }
    }
    time = end
    run()
  }
}
