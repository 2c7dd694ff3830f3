internal import AsyncModes

/// An executor of a ``MemoryMode``: its driver gives it its turns and the time.
final class MemoryExecutor: IOExecutor, @unchecked Sendable {
  // @unchecked: it has nothing of its own that changes.

  /// The driver lets go of its executors when it ends.
  private let driver: MemoryDriver

  init(at index: Int, driver: MemoryDriver) {
    self.driver = driver
    super.init(index: index)
  }

  override var now: MonotonicInstant { driver.now }

  override func wake() { driver.signal() }
}
