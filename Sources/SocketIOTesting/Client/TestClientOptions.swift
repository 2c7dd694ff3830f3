public import EngineIOCodec

/// How a test client speaks with its server.
public struct TestClientOptions: Sendable {
  /// How a client is connected.
  public enum Transport: Sendable, Hashable {
    /// HTTP long-polling.
    case polling
    /// WebSocket from the start.
    case webSocket
    /// Polling first, then WebSocket, as browsers do.
    case upgrade
  }

  /// How far an upgrade goes.
  public enum UpgradeStep: Sendable, Hashable {
    /// The WebSocket is opened and nothing is sent over it.
    case opened
    /// The WebSocket has proved itself with a probe.
    case probed
    /// The client has moved.
    case completed
  }

  /// The generation of the client: `.v4` speaks Socket.IO protocol 5, `.v3` protocol 4. Default: `.v4`.
  public var revision = EngineIORevision.v4
  /// How the client is connected. Default: WebSocket.
  public var transport = Transport.webSocket
  /// How far an upgrade goes. Default: to its end.
  public var upgradesUntil = UpgradeStep.completed
  /// Whether the client cannot take binary data, so that it is sent as base64. Default: false.
  public var isBase64 = false
  /// Whether the client polls by JSONP, as old browsers do across origins. Default: false.
  public var isJSONP = false
  /// Whether the client keeps itself alive: it answers pings, and sends them in revision 3. Default: true.
  public var answersPings = true

  /// Creates options; each parameter is the property of the same name.
  public init(
    revision: EngineIORevision = .v4, transport: Transport = .webSocket, upgradesUntil: UpgradeStep = .completed,
    isBase64: Bool = false, isJSONP: Bool = false, answersPings: Bool = true
  ) {
    self.revision = revision
    self.transport = isJSONP ? .polling : transport
    self.upgradesUntil = upgradesUntil
    self.isBase64 = isBase64
    self.isJSONP = isJSONP
    self.answersPings = answersPings
  }
}
