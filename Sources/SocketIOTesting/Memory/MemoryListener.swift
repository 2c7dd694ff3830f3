internal import AsyncModes
internal import Synchronization

/// A place in memory where connections are accepted.
final class MemoryListener: Listener {
  let address: SocketAddress
  let options: ListenOptions
  let accept: @Sendable (Connection) -> any ConnectionHandler
  private let onClose: @Sendable (MemoryListener) -> Void
  private let open = Atomic(0)
  private let refused = Atomic(0)

  var refusedConnections: Int { refused.load(ordering: .relaxed) }
  var openConnections: Int { open.load(ordering: .relaxed) }

  init(
    _ address: SocketAddress, _ options: ListenOptions,
    accept: @escaping @Sendable (Connection) -> any ConnectionHandler,
    onClose: @escaping @Sendable (MemoryListener) -> Void
  ) {
    self.address = address
    self.options = options
    self.accept = accept
    self.onClose = onClose
  }

  /// Counts one more connection, unless there are as many as may be.
  func admit() -> Bool {
    if open.wrappingAdd(1, ordering: .relaxed).newValue <= options.maxConnections { return true }
    open.wrappingSubtract(1, ordering: .relaxed)
    refused.wrappingAdd(1, ordering: .relaxed)
    return false
  }

  func leave() { open.wrappingSubtract(1, ordering: .relaxed) }

  func close() async { onClose(self) }
}
