import AsyncModes

/// Clients that connect, are welcomed, drop the connection and come again.
final class ConnectingCrowd: Crowd, @unchecked Sendable {
  private let port: Int
  private let width: Int

  /// Creates the crowd; `width` connect at a time.
  init(_ load: LoadGenerator, port: Int, width: Int) {
    self.port = port
    self.width = width
    super.init(load)
  }

  override func begin() { for _ in 0..<width { connectOne() } }

  override func isReady(_ client: SocketClient) {
    tally.add()
    client.connection.abort()
    connectOne()
  }

  private func connectOne() {
    guard !isOver, tally.failure == nil else { return }
    load.mode.startTask(on: load.executor) { [self] in
      do {
        try await load.connect(to: port) { SocketClient($0, index: 0, traffic: self) }
      } catch {
        load.executor.execute { [self] in tally.fail("\(error)") }
      }
    }
  }
}
