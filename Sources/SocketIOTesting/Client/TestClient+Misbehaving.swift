/// What well-behaved clients do not do.
extension TestClient {
  /// Stops to take what the server sends, as a slow client does.
  public func stopReading() async throws { try await act { $0.engine?.setReading(false) } }

  /// Takes what the server sends again.
  public func resumeReading() async throws { try await act { $0.engine?.setReading(true) } }

  /// Falls silent without a goodbye, as a client does that loses its network.
  public func vanish() async throws { try await act { $0.engine?.vanish() } }

  /// Resets the connection.
  public func reset() async throws { try await act { $0.engine?.reset() } }

  /// Whether the client keeps itself alive from now on; see ``TestClientOptions/answersPings``.
  public func setAnswersPings(_ isOn: Bool) async throws { try await act { $0.engine?.answersPings = isOn } }

  /// Sends an Engine.IO packet as it is: its type, then its content.
  ///
  /// - Throws: ``TestClientError`` with the code `notConnected`.
  public func send(packet: String) async throws {
    try await send(.text(Array(packet.utf8)))
  }

  /// Sends a binary message as it is.
  ///
  /// - Throws: ``TestClientError`` with the code `notConnected`.
  public func send(binary: [UInt8]) async throws { try await send(.binary(binary)) }

  private func send(_ packet: EnginePeer.Packet) async throws {
    try await act { peer in
      guard let engine = peer.engine else { throw Self.notOpen }
      engine.send(packet)
    }
  }

  /// Sends bytes as they are over the connection: no frame, no request around them.
  ///
  /// - Throws: ``TestClientError`` with the code `notConnected`.
  public func send(bytes: [UInt8]) async throws {
    try await act { peer in
      guard peer.engine?.send(raw: bytes) == true else { throw Self.notOpen }
    }
  }

  private static var notOpen: TestClientError { TestClientError(.notConnected, "the client has no connection") }
}
