import AsyncModes

/// Every client keeps a number of events under way: the next one is sent as soon as one is acknowledged (closed loop).
final class EchoCrowd: Crowd, @unchecked Sendable {
  private let event: SharedBytes
  private let window: Int

  /// Creates the crowd.
  ///
  /// - Parameters:
  ///   - event: the event that is acknowledged.
  ///   - payload: the length of the text that it carries.
  ///   - window: how many events of a client are under way. With more than one the time of each is not measured.
  init(_ load: LoadGenerator, event: String = "echo", payload: Int = 32, window: Int = 1) {
    self.window = window
    self.event = SocketClient.frame(
      "421[\"\(event)\",{\"d\":\"\(String(repeating: "x", count: payload))\"}]")
    super.init(load)
  }

  override func begin() { for client in clients { for _ in 0..<window { send(client) } } }

  override func received(_ packet: UnsafeRawBufferPointer, _ client: SocketClient) {
    guard packet.isAcknowledgement, !isOver else { return }
    if window == 1 { tally.add(since: client.sent, at: now) } else { tally.add() }
    send(client)
  }

  private func send(_ client: SocketClient) {
    client.sent = now
    client.connection.write(event)
  }
}
