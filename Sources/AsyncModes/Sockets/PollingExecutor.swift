/// What is told that a descriptor is ready.
public protocol DescriptorTarget: AnyObject {
  /// The descriptor can be read or written without blocking; errors count as both.
  func descriptorReady(isReadable: Bool, isWritable: Bool)
}

/// Which readiness of a descriptor is of interest.
public struct DescriptorInterest: OptionSet, Sendable {
  /// The bits.
  public let rawValue: UInt8
  /// Creates a set of its bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// There are bytes or connections to take, or the peer has ended.
  public static let read = DescriptorInterest(rawValue: 1)
  /// There is room for bytes.
  public static let write = DescriptorInterest(rawValue: 2)
}

/// An executor whose runtime says when descriptors are ready; the sockets themselves are read and written here.
///
/// With it, a runtime over epoll, libuv's polling handles or anything else that reports readiness comes down to three
/// calls.
open class PollingExecutor: IOExecutor, @unchecked Sendable {
  // @unchecked: the slab and the attempts are confined to the executor's thread.

  /// The bytes that one read can take; one buffer serves every connection of the executor.
  public static let slabSize = 64 << 10

  final let slab = UnsafeMutableRawBufferPointer.allocate(byteCount: PollingExecutor.slabSize, alignment: 64)

  /// Connections that are being established here.
  var attempts: [ObjectIdentifier: DescriptorConnector] = [:]

  /// Fails the attempts to connect.
  public final override func abandonAttempts() {
    for attempt in Array(attempts.values) { attempt.abandon() }
  }

  deinit { slab.deallocate() }

  /// Watches a descriptor.
  ///
  /// - Returns: a name for it that means something to the runtime only.
  /// - Throws: the `errno` if the system refuses.
  open func watch(
    _ descriptor: Int32, _ interest: DescriptorInterest, _ target: any DescriptorTarget
  ) throws(SystemError) -> UnsafeMutableRawPointer? { nil }

  /// Changes what is of interest; an empty set keeps the descriptor known but silent, even if it breaks.
  open func change(_ watch: UnsafeMutableRawPointer?, _ descriptor: Int32, _ interest: DescriptorInterest) {}

  /// Stops watching; to be called before the descriptor is closed. The target is not called afterwards.
  open func unwatch(_ watch: UnsafeMutableRawPointer?, _ descriptor: Int32) {}
}
