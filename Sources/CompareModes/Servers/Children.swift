import Foundation
import Synchronization

/// The processes that run for this one, to be ended with it.
enum Children {
  private static let running = Mutex<Set<Int32>>([])

  static func add(_ process: Int32) { running.withLock { _ = $0.insert(process) } }
  static func remove(_ process: Int32) { running.withLock { _ = $0.remove(process) } }

  /// Ends them all.
  static func endAll() { running.withLock { for process in $0 { kill(process, SIGTERM) } } }
}
