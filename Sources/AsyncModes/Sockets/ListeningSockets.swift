internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The sockets of a listener and the count of its connections: the same for every mode on descriptors.
public final class ListeningSockets: Sendable {
  /// Where they listen; the port is the one that the system gave.
  public let address: SocketAddress
  /// One socket for each executor, among which the kernel spreads connections, with TCP; one for all of them otherwise.
  public let descriptors: [Int32]
  private let options: ListenOptions
  /// The socket file that was made here; one that was inherited belongs to somebody else.
  private let ownPath: String?
  private let open = Atomic(0)
  private let refused = Atomic(0)
  private let isFileRemoved = Atomic(false)

  /// Opens the sockets; whoever does so closes them.
  ///
  /// - Throws: ``AsyncModeError`` with the code `listenFailed` or `invalidOption`.
  public init(on address: SocketAddress, options: ListenOptions, executors: Int) throws(AsyncModeError) {
    try options.validate()
    let isSpread = address.host != nil && executors > 1
    var descriptors = [try SystemSocket.listening(on: address, options: options, isShared: isSpread)]
    let bound = SystemSocket.localAddress(descriptors[0]) ?? address
    do throws(AsyncModeError) {
      while isSpread, descriptors.count < executors {
        descriptors.append(try SystemSocket.listening(on: bound, options: options, isShared: true))
      }
    } catch {
      for descriptor in descriptors { _ = Glibc.close(descriptor) }
      throw error
    }
    self.address = bound
    self.descriptors = descriptors
    self.options = options
    ownPath = address.path
  }

  /// Closes the sockets from one of them on, which nobody has taken.
  public func close(from index: Int) {
    for descriptor in descriptors.dropFirst(index) { _ = Glibc.close(descriptor) }
  }

  /// Connections that were closed at once because too many were open or no descriptor was left.
  public var refusedConnections: Int { refused.load(ordering: .relaxed) }

  /// Connections that were admitted and have not left.
  public var openConnections: Int { open.load(ordering: .relaxed) }

  /// Counts one more open connection, or one more refused if there are as many as may be.
  public func admit() -> Bool {
    if open.wrappingAdd(1, ordering: .relaxed).newValue <= options.maxConnections { return true }
    leave()
    refuse()
    return false
  }

  /// Counts one open connection less.
  public func leave() { open.wrappingSubtract(1, ordering: .relaxed) }

  /// Counts a connection that could not be accepted.
  public func refuse() { refused.wrappingAdd(1, ordering: .relaxed) }

  /// Removes the socket file that was made; once, since the next may belong to somebody else.
  public func removeFile() {
    if let ownPath, !isFileRemoved.exchange(true, ordering: .relaxed) { unlink(ownPath) }
  }
}
