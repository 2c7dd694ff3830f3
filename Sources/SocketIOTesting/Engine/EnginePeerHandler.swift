internal import AsyncModes

/// What the owner of an ``EnginePeer`` is told. Every call comes on the client's executor.
protocol EnginePeerHandler: AnyObject {
  /// The session is open.
  func opened()
  /// A text message has come.
  func received(text: [UInt8])
  /// A binary message has come.
  func received(binary: [UInt8])
  /// The session is over; called once and last, also if it was never open.
  func closed(_ end: TestClientEnd)
}

/// How the connection of a test client came to its end.
public enum TestClientEnd: Sendable, Hashable {
  /// The client closed it.
  case client
  /// The server said goodbye: with a close packet over polling, or a close frame with this code over WebSocket.
  case server(code: UInt16?)
  /// The server answered a request of the transport with this status and text.
  case refused(status: Int, body: String)
  /// The connection was lost.
  case lost
  /// The server sent something that cannot be read.
  case invalid(String)
}
