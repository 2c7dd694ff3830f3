import Synchronization

/// A connection to be read and written by asynchronous code: the pull view of a ``Connection``.
///
/// ```swift
/// for try await chunk in stream.inbound { try await stream.write(chunk) }
/// ```
/// What has come and is not read yet is bounded; then the connection is not read, and the peer comes to feel it. One
/// task reads at a time.
public final class ByteStream: ConnectionHandler, @unchecked Sendable {
  // @unchecked: everything mutable is confined to the executor of `connection`.

  /// The connection underneath.
  public let connection: Connection
  private var chunks: [[UInt8]] = []
  private var bufferedBytes = 0
  private var isEnded = false
  private var closeReason: CloseReason?
  private var reader: (continuation: CheckedContinuation<[UInt8]?, any Error>, cancellation: Cancellation)?
  private var writers: [(continuation: CheckedContinuation<Void, any Error>, cancellation: Cancellation)] = []

  /// From this many unread bytes on the connection is not read.
  private static let maxBufferedBytes = 256 << 10

  /// Creates the view of a connection that is about to be started.
  public init(_ connection: Connection) { self.connection = connection }

  private var executor: IOExecutor { connection.executor }

  /// The bytes that come, in chunks as they came, until the peer ends its side.
  public var inbound: Inbound { Inbound(stream: self) }

  /// A sequence of chunks; see ``ByteStream/inbound``.
  public struct Inbound: AsyncSequence, Sendable {
    fileprivate let stream: ByteStream

    /// Reads chunks.
    public struct Iterator: AsyncIteratorProtocol {
      fileprivate let stream: ByteStream
      /// The next chunk, or `nil` when the peer has ended its side.
      public mutating func next() async throws -> [UInt8]? { try await stream.read() }
    }

    /// Starts to read.
    public func makeAsyncIterator() -> Iterator { Iterator(stream: stream) }
  }

  /// Reads the next chunk.
  ///
  /// - Returns: at least one byte, or `nil` when the peer has ended its side.
  /// - Throws: `CancellationError`, or ``AsyncModeError`` with the code `closed` if the connection was lost.
  public func read() async throws -> [UInt8]? {
    let cancellation = Cancellation()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        executor.execute { [self] in
          if cancellation.isRequested {
            continuation.resume(throwing: CancellationError())
          } else {
            take(continuation, cancellation)
          }
        }
      }
    } onCancel: {
      cancellation.request()
      executor.post { [self] in
        // The cancelled read may be over, and the reader another.
        guard let reader, reader.cancellation === cancellation else { return }
        self.reader = nil
        reader.continuation.resume(throwing: CancellationError())
      }
    }
  }

  private func take(_ continuation: CheckedContinuation<[UInt8]?, any Error>, _ cancellation: Cancellation) {
    if !chunks.isEmpty {
      let chunk = chunks.removeFirst()
      bufferedBytes -= chunk.count
      if bufferedBytes < Self.maxBufferedBytes { connection.resumeReading() }
      continuation.resume(returning: chunk)
    } else if isEnded || closeReason == .peer || closeReason == .local {
      continuation.resume(returning: nil)
    } else if let closeReason {
      continuation.resume(throwing: Self.error(closeReason))
    } else if reader != nil {
      continuation.resume(throwing: AsyncModeError(.invalidOption, "another task reads this stream already"))
    } else {
      reader = (continuation, cancellation)
    }
  }

  /// Writes bytes; returns when the peer keeps up, that is, when few bytes wait for it.
  ///
  /// - Throws: ``AsyncModeError`` with the code `closed` if the connection is closed or lost meanwhile, or
  ///   `CancellationError` if the task is cancelled while it waits; the bytes are sent all the same.
  public func write(_ bytes: [UInt8]) async throws {
    let cancellation = Cancellation()
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        executor.execute { [self] in
          if !connection.write(SharedBytes(bytes)) {
            continuation.resume(throwing: Self.error(closeReason ?? .local))
          } else if connection.isWritable {
            continuation.resume()
          } else if cancellation.isRequested {
            continuation.resume(throwing: CancellationError())
          } else {
            writers.append((continuation, cancellation))
          }
        }
      }
    } onCancel: {
      cancellation.request()
      executor.post { [self] in
        guard let index = writers.firstIndex(where: { $0.cancellation === cancellation }) else { return }
        writers.remove(at: index).continuation.resume(throwing: CancellationError())
      }
    }
  }

  /// Ends this side once everything is written; the peer may go on sending.
  public func endWriting() { executor.execute { [self] in connection.endWriting() } }

  /// Closes the connection once everything is written.
  public func close() { executor.execute { [self] in connection.close() } }

  private static func error(_ reason: CloseReason) -> AsyncModeError {
    AsyncModeError(.closed, "the connection is closed (\(reason))")
  }

  // MARK: From the connection

  /// Keeps bytes until they are read.
  public func received(_ bytes: inout MutableRawSpan) {
    let chunk = bytes.bytes.withUnsafeBytes { Array($0) }
    if let reader {
      self.reader = nil
      reader.continuation.resume(returning: chunk)
      return
    }
    chunks.append(chunk)
    bufferedBytes += chunk.count
    if bufferedBytes >= Self.maxBufferedBytes { connection.pauseReading() }
  }

  /// Lets writers go on.
  public func drained() {
    let waiting = writers
    writers = []
    for writer in waiting { writer.continuation.resume() }
  }

  /// The peer has ended its side; this side may go on writing.
  public func ended() {
    isEnded = true
    reader?.continuation.resume(returning: nil)
    reader = nil
  }

  /// The connection is gone.
  public func closed(_ reason: CloseReason) {
    closeReason = reason
    switch reason {
    case .peer, .local: reader?.continuation.resume(returning: nil)
    default: reader?.continuation.resume(throwing: Self.error(reason))
    }
    reader = nil
    let waiting = writers
    writers = []
    for writer in waiting { writer.continuation.resume(throwing: Self.error(reason)) }
  }
}

extension AsyncMode {
  /// Accepts connections and runs a closure for each; the connection is closed when the closure returns.
  ///
  /// - Throws: ``AsyncModeError`` with the code `listenFailed`.
  public func serve(
    on address: SocketAddress, options: ListenOptions = ListenOptions(),
    _ handle: @escaping @Sendable (ByteStream) async throws -> Void
  ) async throws(AsyncModeError) -> any Listener {
    try await listen(on: address, options: options) { [weak self] connection in
      let stream = ByteStream(connection)
      self?.startTask(on: connection.executor) {
        // An error of one connection is the end of that connection, which its owner has seen already.
        try? await handle(stream)
        stream.close()
      }
      return stream
    }
  }

  /// Opens a connection.
  ///
  /// - Throws: ``AsyncModeError`` with the code `connectFailed` or `timedOut`.
  public func open(
    _ address: SocketAddress, options: ConnectionOptions = ConnectionOptions(), on executor: IOExecutor? = nil
  ) async throws(AsyncModeError) -> ByteStream {
    let box = StreamBox()
    try await connect(to: address, options: options, on: executor ?? executors[0]) { connection in
      let stream = ByteStream(connection)
      box.put(stream)
      return stream
    }
    guard let stream = box.stream else { throw AsyncModeError(.connectFailed, "the connection to \(address) was lost") }
    return stream
  }
}

/// Whether a read was cancelled, asked on the executor and told from any thread.
private final class Cancellation: Sendable {
  private let flag = Atomic(false)
  var isRequested: Bool { flag.load(ordering: .acquiring) }
  func request() { flag.store(true, ordering: .releasing) }
}

/// Carries a stream from the executor to whoever opened it.
private final class StreamBox: Sendable {
  private let content = Mutex<ByteStream?>(nil)
  var stream: ByteStream? { content.withLock { $0 } }
  func put(_ stream: ByteStream) { content.withLock { $0 = stream } }
}
