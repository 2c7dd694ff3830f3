import AsyncModes

/// One client emits, and everybody hears it. As soon as all have heard an event the next one is emitted.
final class FanOutCrowd: Crowd, @unchecked Sendable {
  private static let event = SocketClient.frame("42[\"broadcast\",{\"d\":\"\(String(repeating: "x", count: 32))\"}]")
  private let window: Int
  private var heard = 0

  /// Creates the crowd.
  ///
  /// - Parameter window: how many events are under way.
  init(_ load: LoadGenerator, window: Int) {
    self.window = window
    super.init(load)
  }

  override func begin() { for _ in 0..<window { clients[0].connection.write(Self.event) } }

  override func received(_ packet: UnsafeRawBufferPointer, _ client: SocketClient) {
    guard packet.isEvent, !isOver else { return }
    tally.add()
    heard += 1
    if heard % clients.count == 0 { clients[0].connection.write(Self.event) }
  }
}
