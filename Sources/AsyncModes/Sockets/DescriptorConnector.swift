internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// An outgoing connection while it is being established on a ``PollingExecutor``.
public final class DescriptorConnector: DescriptorTarget, TimerTarget, @unchecked Sendable {
  // @unchecked: everything mutable is confined to the executor.

  private let address: SocketAddress
  private let options: ConnectionOptions
  private let executor: PollingExecutor
  private let established: @Sendable (Connection) -> any ConnectionHandler
  private var continuation: CheckedContinuation<Result<Void, AsyncModeError>, Never>?
  private var descriptor: Int32 = -1
  private var watch: UnsafeMutableRawPointer?
  private var timer = TimerID.none
  private var isCancelled = false

  private init(
    _ address: SocketAddress, _ options: ConnectionOptions, _ executor: PollingExecutor,
    _ established: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) {
    self.address = address
    self.options = options
    self.executor = executor
    self.established = established
  }

  /// Opens a connection; see ``AsyncMode/connect(to:options:on:established:)``.
  ///
  /// - Throws: ``AsyncModeError`` with the code `connectFailed`, `timedOut` or `invalidOption`.
  public static func connect(
    to address: SocketAddress, options: ConnectionOptions, on executor: PollingExecutor,
    established: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) {
    try options.validate()
    let attempt = DescriptorConnector(address, options, executor, established)
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        executor.post { attempt.begin(continuation) }
      }
    } onCancel: {
      executor.post { attempt.cancel() }
    }
    try result.get()
  }

  private func begin(_ continuation: CheckedContinuation<Result<Void, AsyncModeError>, Never>) {
    self.continuation = continuation
    guard !isCancelled else { return cancel() }
    guard !executor.isClosing, !executor.isEnded else { return abandon() }
    executor.attempts[ObjectIdentifier(self)] = self
    do {
      descriptor = try SystemSocket.connecting(to: address)
      watch = try executor.watch(descriptor, .write, self)
      timer = executor.schedule(after: options.connectTimeout, self)
    } catch {
      fail(error)
    }
  }

  private func cancel() {
    isCancelled = true
    finish(.failure(AsyncModeError(.connectFailed, "the task was cancelled")))
  }

  private func fail(_ error: SystemError) {
    finish(
      .failure(
        AsyncModeError(
          .connectFailed, "cannot connect to \(address): \(SystemSocket.message(error))", errorNumber: error.number)))
  }

  private func finish(_ result: Result<Void, AsyncModeError>) {
    guard let continuation else { return }
    self.continuation = nil
    executor.attempts[ObjectIdentifier(self)] = nil
    executor.cancel(timer)
    if descriptor >= 0 { executor.unwatch(watch, descriptor) }
    if case .failure = result, descriptor >= 0 { close(descriptor) }
    if case .success = result {
      SystemSocket.configure(descriptor, options, family: address.family)
      let connection = DescriptorConnection(
        descriptor: descriptor, executor: executor, options: options, remoteAddress: address,
        localAddress: SystemSocket.localAddress(descriptor))
      connection.attach(established(connection))
    }
    continuation.resume(returning: result)
  }

  /// The runtime is shut down before the attempt has come to an end.
  func abandon() { finish(.failure(AsyncModeError(.shutDown, "the runtime has been shut down"))) }

  /// The attempt has come to an end.
  public func descriptorReady(isReadable: Bool, isWritable: Bool) {
    if let error = SystemSocket.connectionError(descriptor) { fail(error) } else { finish(.success(())) }
  }

  /// The attempt has taken too long.
  public func timerFired() {
    finish(.failure(AsyncModeError(.timedOut, "no answer from \(address) within \(options.connectTimeout)")))
  }
}
