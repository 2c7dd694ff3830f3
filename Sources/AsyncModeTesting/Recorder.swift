import AsyncModes
import Synchronization

/// A handler that notes what its connection tells it.
final class Recorder: ConnectionHandler, Sendable {
  struct Notes: Equatable {
    var bytes: [UInt8] = []
    var receivedCalls = 0
    var isEnded = false
    var closings: [CloseReason] = []
    /// Whether something was told after the end of the connection.
    var isLate = false
  }
  let connection: Connection
  private let state = Mutex(Notes())

  init(_ connection: Connection) { self.connection = connection }

  var notes: Notes { state.withLock { $0 } }

  func received(_ bytes: inout MutableRawSpan) {
    let chunk = bytes.bytes.withUnsafeBytes { Array($0) }
    state.withLock { notes in
      notes.bytes += chunk
      notes.receivedCalls += 1
      if notes.isEnded || !notes.closings.isEmpty { notes.isLate = true }
    }
  }

  func ended() {
    state.withLock { $0.isEnded = true }
    connection.close()
  }

  func closed(_ reason: CloseReason) { state.withLock { $0.closings.append(reason) } }
}

extension AsyncMode {
  /// A client's stream, and what the server's side of it notes.
  func makeRecorded(
    _ options: ListenOptions = .patient
  ) async throws -> (client: ByteStream, server: Recorder) {
    let (accepted, continuation) = AsyncStream.makeStream(of: Recorder.self)
    let listener = try await listen(on: Self.loopback, options: options) { connection in
      let recorder = Recorder(connection)
      continuation.yield(recorder)
      return recorder
    }
    let client = try await open(listener.address, options: .patient)
    for await server in accepted { return (client, server) }
    throw ConformanceFailure(description: "the connection was not accepted")
  }
}
