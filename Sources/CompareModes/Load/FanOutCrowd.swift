import AsyncModes

/// One client emits, and everybody hears it. As soon as all have heard an event the next one is emitted; a few are under
/// way at a time.
final class FanOutCrowd: Crowd, @unchecked Sendable {
  private static let event = SocketClient.frame("42[\"broadcast\",{\"d\":\"\(String(repeating: "x", count: 32))\"}]")
  private static let window = 4
  private var heard = 0

  override func begin() { for _ in 0..<Self.window { clients[0].connection.write(Self.event) } }

  override func received(_ packet: UnsafeRawBufferPointer, _ client: SocketClient) {
    guard packet.isEvent, !isOver else { return }
    tally.add()
    heard += 1
    if heard % clients.count == 0 { clients[0].connection.write(Self.event) }
  }
}
