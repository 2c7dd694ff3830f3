public import AsyncModes
public import EngineIOCodec
public import Logging
public import WebSocketCodec

/// The options of an Engine.IO server.
public struct EngineConfiguration: Sendable {
  /// How a client may be connected.
  public enum Transport: String, Sendable, CaseIterable {
    /// HTTP long-polling.
    case polling
    /// WebSocket (RFC 6455).
    case websocket
  }

  /// What happens to a client that does not read as fast as it is sent to.
  public enum SlowClientPolicy: Sendable, Hashable {
    /// The client is disconnected. The default: a client that lost a message would not know.
    case disconnect
    /// Messages for it are dropped, and counted, until it has caught up.
    case drop
    /// Whoever sends is expected to wait, with ``EngineSession/waitUntilWritable()``; a Socket.IO server begins no
    /// further handler of the client meanwhile. A client for which nobody waits is disconnected at the limit all the
    /// same.
    case wait
  }

  /// Compression of the answers to polls.
  public struct HTTPCompression: Sendable, Hashable {
    /// Shorter answers are sent as they are; in bytes. Default: 1024.
    public var threshold = 1024

    /// Creates the options with the defaults.
    public init() {}
  }

  /// The path under which the server answers; begins and ends with a slash. Default: `/engine.io/`.
  public var path = "/engine.io/"
  /// The time between two heartbeats of a client. Default: 25 s, as in every other implementation.
  public var pingInterval: Duration = .seconds(25)
  /// How long a client may take to answer a heartbeat. Default: 20 s.
  public var pingTimeout: Duration = .seconds(20)
  /// Whether clients that miss a heartbeat are disconnected. Default: true.
  ///
  /// If not, heartbeats are still sent and answered, but nobody is missed: a client on WebSocket stays until its
  /// connection ends, and one on polling until it or the server closes the session, or ``maxOutgoingBytes`` is reached.
  public var monitorsClients = true
  /// The longest message, and the longest body of a POST, in bytes, inclusive. Default: 1,000,000.
  public var maxPayload = 1_000_000
  /// The transports that clients may use. Default: both.
  public var transports: Set<Transport> = [.polling, .websocket]
  /// Whether clients may move from polling to WebSocket. Default: true.
  public var allowsUpgrades = true
  /// How long an upgrade may take. Default: 10 s.
  public var upgradeTimeout: Duration = .seconds(10)
  /// The revisions of the protocol that are spoken. Default: both.
  public var revisions: Set<EngineIORevision> = [.v3, .v4]
  /// The revision that is assumed of a client whose handshake names none (`EIO`), or one that is not known. Default: `nil`,
  /// it is refused with 400 and the code 5. Node's server assumes revision 3.
  public var assumedRevision: EngineIORevision?
  /// Bytes that may wait for one client; a packet that waits for a poll counts 64 bytes more. Default: 4 MiB.
  public var maxOutgoingBytes = 4 << 20
  /// What happens at ``maxOutgoingBytes``. Default: the client is disconnected.
  public var slowClientPolicy = SlowClientPolicy.disconnect
  /// Packets in one answer to a poll; the rest comes with the next. Default: 16, the most that Python clients take.
  public var maxPollPackets = 16
  /// Packets that one POST may carry. Default: 10,000.
  public var maxPostPackets = 10_000
  /// Which pages of a browser may connect. Default: those of the same origin.
  public var origins = OriginPolicy.sameOrigin
  /// Whether browsers may send cookies across origins. Default: true.
  public var allowsCredentials = true
  /// How long browsers may keep the answer to the question whether they may send a request across origins. Default:
  /// `nil`, which leaves it to the browser.
  public var preflightMaxAge: Duration?
  /// The cookie that the answer to a handshake sets. Default: none.
  ///
  /// The protocol has no use for it, and its value is the session id, which lets whoever has it speak for the client; so
  /// it is set only for a load balancer that needs it.
  public var cookie: EngineCookie?
  /// Compression of the answers to polls, for clients that accept it; `nil` turns it off. Default: from 1024 bytes on.
  public var httpCompression: HTTPCompression? = HTTPCompression()
  /// permessage-deflate (RFC 7692) for clients on WebSocket that offer it. Default: `nil`, off: it costs much memory and
  /// time for each client.
  public var webSocketCompression: PerMessageDeflate.Configuration?
  /// Asked before a session is opened, after the checks of the protocol and of ``origins``. It is run where the runtime
  /// runs user code. Default: everybody is let in.
  public var allowRequest: (@Sendable (EngineRequest) async -> EngineAdmission)?
  /// Header fields that answers get beside the server's own; called for each request, on the executor of the
  /// connection, with whether the request opens a session. Fields that cannot be sent are left out and logged. Default:
  /// none.
  public var responseHeaders: (@Sendable (EngineRequest, _ isHandshake: Bool) -> [EngineHeaderField])?
  /// Sessions that one address may have open at the same time; more are refused with 429 and counted. Default: `nil`,
  /// no limit.
  public var maxSessionsPerAddress: Int?
  /// Where the server logs: sessions and refused requests at `debug`, misused options at `warning`.
  public var logger = Logger(label: "engineio")

  /// Creates a configuration with the defaults.
  public init() {}

  /// Checks the values.
  ///
  /// - Throws: ``AsyncModeError`` with the code `invalidOption`, naming the option and its value.
  public func validate() throws(AsyncModeError) {
    func require(_ isValid: Bool, _ text: @autoclosure () -> String) throws(AsyncModeError) {
      guard isValid else { throw AsyncModeError(.invalidOption, text()) }
    }
    try require(
      path.hasPrefix("/") && path.hasSuffix("/"), "path is \"\(path)\", but must begin and end with a slash")
    for (name, value) in [
      ("pingInterval", pingInterval), ("pingTimeout", pingTimeout), ("upgradeTimeout", upgradeTimeout),
    ] {
      try require(
        value >= .milliseconds(1) && value <= .seconds(86_400 * 24),
        "\(name) is \(value), but must be from 1 ms to 24 days")
    }
    for (name, value) in [
      ("maxPayload", maxPayload), ("maxOutgoingBytes", maxOutgoingBytes), ("maxPollPackets", maxPollPackets),
      ("maxPostPackets", maxPostPackets), ("httpCompression.threshold", httpCompression?.threshold ?? 1),
      ("maxSessionsPerAddress", maxSessionsPerAddress ?? 1),
    ] {
      try require((1...Int(Int32.max)).contains(value), "\(name) is \(value), but must be from 1 to \(Int32.max)")
    }
    try require(!transports.isEmpty, "transports is empty, so nobody could connect")
    try require(!revisions.isEmpty, "revisions is empty, so nobody could connect")
    if let assumedRevision {
      try require(
        revisions.contains(assumedRevision), "assumedRevision is \(assumedRevision), which is not among revisions")
    }
    if let preflightMaxAge {
      try require(preflightMaxAge >= .zero, "preflightMaxAge is \(preflightMaxAge), but must not be negative")
    }
    try origins.validate()
    try cookie?.validate()
    if let problem = webSocketCompression?.problem {
      throw AsyncModeError(.invalidOption, "webSocketCompression.\(problem)")
    }
  }

  /// The transports that a client on polling is told it can move to.
  var upgrades: Bool { allowsUpgrades && transports.contains(.websocket) }
}
