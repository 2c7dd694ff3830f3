internal import Synchronization

/// The namespaces that exist because clients asked for them, over all executors: counted, and bounded.
final class DynamicNamespaces: Sendable {
  private let executors = Mutex<[String: Int]>([:])
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  var count: Int { executors.withLock { $0.count } }

  /// An executor wants to have a namespace.
  ///
  /// - Returns: whether it may.
  func retain(_ name: String) -> Bool {
    executors.withLock { executors in
      guard let count = executors[name] else {
        guard executors.count < limit else { return false }
        executors[name] = 1
        return true
      }
      executors[name] = count + 1
      return true
    }
  }

  /// An executor has it no longer.
  func release(_ name: String) {
    executors.withLock { executors in
      guard let count = executors[name] else { return }
      executors[name] = count > 1 ? count - 1 : nil
    }
  }
}
