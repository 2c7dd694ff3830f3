import AsyncModes

/// Every client sends an event, and the next one as soon as it is acknowledged (closed loop).
final class EchoCrowd: Crowd, @unchecked Sendable {
  private let event: SharedBytes

  /// Creates the crowd.
  ///
  /// - Parameters:
  ///   - event: the event that is acknowledged.
  ///   - payload: the length of the text that it carries.
  init(_ load: LoadGenerator, event: String = "echo", payload: Int = 32) {
    self.event = SocketClient.frame(
      "421[\"\(event)\",{\"d\":\"\(String(repeating: "x", count: payload))\"}]")
    super.init(load)
  }

  override func begin() { for client in clients { send(client) } }

  override func received(_ packet: UnsafeRawBufferPointer, _ client: SocketClient) {
    guard packet.isAcknowledgement, !isOver else { return }
    tally.add(since: client.sent, at: now)
    send(client)
  }

  private func send(_ client: SocketClient) {
    client.sent = now
    client.connection.write(event)
  }
}
