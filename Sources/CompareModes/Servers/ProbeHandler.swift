import AsyncModes

/// Connects, to see whether somebody listens, and goes away.
final class ProbeHandler: ConnectionHandler {
  let connection: Connection
  init(_ connection: Connection) {
    self.connection = connection
    connection.executor.post { [box = Confined(connection)] in box.value.abort() }
  }
  func received(_ bytes: inout MutableRawSpan) {}
  func closed(_ reason: CloseReason) {}
}
