internal import AsyncModes

/// One connection to a Redis server: replies in, commands out. Confined to its executor.
final class RedisConnection: ConnectionHandler {
  let connection: Connection
  private var decoder = RESPDecoder()
  /// What is done with replies, with the end, and when writing may go on; `nil` once nobody cares any more.
  var onReply: ((RESPValue) -> Void)?
  var onEnd: ((MessageQueueError) -> Void)?
  var onDrained: (() -> Void)?

  init(_ connection: Connection) { self.connection = connection }

  func send(_ words: [String]) { connection.write(SharedBytes(RESPCommand.encode(words))) }

  func received(_ bytes: inout MutableRawSpan) {
    bytes.bytes.withUnsafeBytes { bytes in
      do throws(MessageQueueError) {
        try decoder.receive(bytes) { onReply?($0) }
      } catch {
        end(error)
      }
    }
  }

  func drained() { onDrained?() }

  func closed(_ reason: CloseReason) {
    end(MessageQueueError(.lost, "the connection to the Redis server ended (\(reason))"))
  }

  private func end(_ error: MessageQueueError) {
    let onEnd = onEnd
    close()
    onEnd?(error)
  }

  /// Ends the connection; nothing is reported any more.
  func close() {
    (onReply, onEnd, onDrained) = (nil, nil, nil)
    connection.abort()
  }

  /// What lets this program in, as commands, all of which are to be answered with OK.
  static func greeting(_ configuration: RedisConfiguration) -> [[String]] {
    var commands: [[String]] = []
    if let password = configuration.password {
      commands.append(["AUTH"] + (configuration.user.map { [$0] } ?? []) + [password])
    }
    if configuration.database != 0 { commands.append(["SELECT", "\(configuration.database)"]) }
    return commands
  }
}
