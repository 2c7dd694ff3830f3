public import SocketIOCodec

/// The answer that a client has asked for with an event. Only the first call answers; answering is never required.
public struct Acknowledgement: Sendable {
  let socket: Socket
  let id: Int64

  /// Answers with values.
  public func send(_ values: [SocketValue]) { socket.acknowledge(id, values) }

  /// Answers with the JSON text of the values, without brackets around them; it must be valid.
  public func send(raw json: borrowing RawSpan) { socket.acknowledge(id, raw: json) }
}
