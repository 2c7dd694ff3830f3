/// The content of the open packet: what a client learns when its session begins.
public struct EngineIOHandshake: Sendable {
  /// The id of the session.
  public var sessionID: EngineIOSessionID
  /// The transports that the client can move to.
  public var upgrades: [String]
  /// The time between heartbeats, in milliseconds.
  public var pingInterval: Int
  /// The time to answer a heartbeat, in milliseconds.
  public var pingTimeout: Int
  /// The longest payload that is accepted, in bytes.
  public var maxPayload: Int

  /// Creates a handshake.
  public init(sessionID: EngineIOSessionID, upgrades: [String], pingInterval: Int, pingTimeout: Int, maxPayload: Int) {
    self.sessionID = sessionID
    self.upgrades = upgrades
    self.pingInterval = pingInterval
    self.pingTimeout = pingTimeout
    self.maxPayload = maxPayload
  }

  /// Appends the JSON text.
  public func append(to out: inout [UInt8]) {
    out.append(contentsOf: #"{"sid":""#.utf8)
    sessionID.append(to: &out)
    out.append(contentsOf: #"","upgrades":["#.utf8)
    for (index, upgrade) in upgrades.enumerated() {
      out.append(contentsOf: (index > 0 ? ",\"\(upgrade)\"" : "\"\(upgrade)\"").utf8)
    }
    out.append(contentsOf: "],\"pingInterval\":\(pingInterval),\"pingTimeout\":\(pingTimeout)".utf8)
    out.append(contentsOf: ",\"maxPayload\":\(maxPayload)}".utf8)
  }
}
