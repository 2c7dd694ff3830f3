import AsyncModes

/// A TCP connection whose bytes come back.
private final class StreamClient: ConnectionHandler {
  let connection: Connection
  private let crowd: Crowd
  private var missing = 0
  private var sent = MonotonicInstant(nanoseconds: 0)
  private static let message = SharedBytes(Array(repeating: UInt8(ascii: "x"), count: 64))

  init(_ connection: Connection, _ crowd: Crowd) {
    self.connection = connection
    self.crowd = crowd
  }

  func send() {
    missing = Self.message.count
    sent = connection.executor.now
    connection.write(Self.message)
  }

  func received(_ bytes: inout MutableRawSpan) {
    missing -= bytes.byteCount
    guard missing <= 0, !crowd.isOver else { return }
    crowd.tally.add(since: sent, at: connection.executor.now)
    send()
  }

  func closed(_ reason: CloseReason) {
    if reason != .aborted, !crowd.isOver { crowd.tally.fail("a connection ended: \(reason)") }
  }
}

/// Connections without any protocol: each sends 64 bytes, and the next as soon as they are back.
final class StreamCrowd: Crowd, @unchecked Sendable {
  private var streams: [StreamClient] = []

  override func begin() { for stream in streams { stream.send() } }

  /// Opens connections.
  func open(_ count: Int, to port: Int) async throws {
    try await load.connect(count, to: port) { [self] connection, _ in
      keep(connection)
      let stream = StreamClient(connection, self)
      streams.append(stream)
      return stream
    }
  }
}
