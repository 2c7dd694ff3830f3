internal import AsyncModes

/// One connection to a NATS server: messages in, lines out. Confined to its executor.
final class NATSConnection: ConnectionHandler {
  let connection: Connection
  private var decoder = NATSDecoder()
  /// What is done with messages, with the end, and when writing may go on; `nil` once nobody cares any more.
  ///
  /// `onMessage` answers `false` if TLS begins behind the message.
  var onMessage: ((NATSMessage) -> Bool)?
  var onEnd: ((MessageQueueError) -> Void)?
  var onDrained: (() -> Void)?

  init(_ connection: Connection) { self.connection = connection }

  func send(_ line: String) { connection.write(SharedBytes(Array((line + "\r\n").utf8))) }

  func received(_ bytes: inout MutableRawSpan) {
    bytes.bytes.withUnsafeBytes { bytes in
      do throws(MessageQueueError) {
        var isSecuring = false
        try decoder.receive(bytes) { message in
          isSecuring = onMessage?(message) == false
          return !isSecuring
        }
        // Whoever sends more before TLS has begun wants to be taken for somebody else.
        if isSecuring, !decoder.takeRest().isEmpty {
          throw MessageQueueError(.malformed, "the NATS server sent something between its greeting and TLS")
        }
      } catch {
        end(error)
      }
    }
  }

  func drained() { onDrained?() }

  func closed(_ reason: CloseReason) {
    end(MessageQueueError(.lost, "the connection to the NATS server ended (\(reason))"))
  }

  private func end(_ error: MessageQueueError) {
    let onEnd = onEnd
    close()
    onEnd?(error)
  }

  /// Ends the connection; nothing is reported any more.
  func close() {
    (onMessage, onEnd, onDrained) = (nil, nil, nil)
    connection.abort()
  }
}
