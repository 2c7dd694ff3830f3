/// The content of the open packet: what a client learns when its session begins.
public struct EngineIOHandshake: Sendable {
  /// Everything behind the id, which is the same for every session.
  private let rest: [UInt8]

  /// Creates the handshake of a server.
  ///
  /// - Parameters:
  ///   - upgrades: the transports that the client can move to.
  ///   - pingInterval: the time between heartbeats, in milliseconds.
  ///   - pingTimeout: the time to answer a heartbeat, in milliseconds.
  ///   - maxPayload: the longest payload that is accepted, in bytes.
  public init(upgrades: [String], pingInterval: Int, pingTimeout: Int, maxPayload: Int) {
    let upgrades = upgrades.map { "\"\($0)\"" }.joined(separator: ",")
    rest = Array(
      """
      ","upgrades":[\(upgrades)],"pingInterval":\(pingInterval),"pingTimeout":\(pingTimeout),"maxPayload":\(maxPayload)}
      """.utf8)
  }

  /// Appends the JSON text for a session.
  public func append(_ id: EngineIOSessionID, to out: inout [UInt8]) {
    out.reserveCapacity(out.count + 8 + EngineIOSessionID.length + rest.count)
    out.append(contentsOf: #"{"sid":""#.utf8)
    id.append(to: &out)
    out.append(contentsOf: rest)
  }
}
