internal import AsyncModes
internal import EngineIOCodec
internal import HTTPCodec
internal import WebSocketCodec

/// What an Engine.IO server keeps for one executor; confined to it.
final class EngineContext: @unchecked Sendable {
  // @unchecked: confined to `executor`.

  let executor: IOExecutor
  unowned let server: EngineServer
  @exclusivity(unchecked) var sessions: [EngineIOSessionID: EngineSession] = [:]
  @exclusivity(unchecked) var counters = EngineCounters()
  @exclusivity(unchecked) private var random = RandomPool()
  /// For the answers to polls.
  let compressor = HTTPCompressor()
  /// The answers to polls are encoded in it.
  @exclusivity(unchecked) var payload: [UInt8] = []
  /// For messages over WebSocket, if they are compressed.
  let deflatePool: DeflatePool?
  /// Copies of what every message needs; the whole configuration is too big to be copied each time.
  let maxOutgoingBytes: Int
  let maxPayload: Int
  let maxPollPackets: Int
  let maxPostPackets: Int
  let httpCompression: EngineConfiguration.HTTPCompression?
  let slowClientPolicy: EngineConfiguration.SlowClientPolicy

  static let ping = [UInt8(ascii: "2")]

  init(executor: IOExecutor, server: EngineServer) {
    self.executor = executor
    self.server = server
    maxOutgoingBytes = server.configuration.maxOutgoingBytes
    maxPayload = server.configuration.maxPayload
    maxPollPackets = server.configuration.maxPollPackets
    maxPostPackets = server.configuration.maxPostPackets
    httpCompression = server.configuration.httpCompression
    slowClientPolicy = server.configuration.slowClientPolicy
    deflatePool = server.configuration.webSocketCompression.map { DeflatePool($0) }
  }

  // MARK: Requests for sessions of this executor

  /// The session that a request names, unless it is over.
  @inline(__always)
  func session(of request: PollRequest) -> EngineSession? {
    guard let session = request.session else { return request.query.session?.flatMap { sessions[$0] } }
    return session.state == .closed ? nil : session
  }

  func poll(_ request: PollRequest) {
    guard let session = session(of: request) else { return request.refuse(.unknownSession) }
    session.poll(request)
  }

  func postBegan(_ request: PollRequest) {
    guard let session = session(of: request) else { return request.refuse(.unknownSession) }
    if !session.postBegan() { request.refuse(session.polling == nil ? .badRequest : .unknownSession) }
  }

  func post(_ request: PollRequest, _ body: [UInt8], _ contentIsBinary: Bool) {
    guard let session = session(of: request) else { return request.refuse(.unknownSession) }
    session.post(request, body: body, contentIsBinary: contentIsBinary)
  }

  /// A session id that nobody can guess; it carries the index of this executor, where the session is found again.
  func makeSessionID() -> EngineIOSessionID {
    EngineIOSessionID(
      random: (random.next(), random.next()), executorIndex: UInt16(truncatingIfNeeded: executor.index))
  }
}

/// What an Engine.IO server has counted since it was created.
public struct EngineCounters: Sendable, Equatable {
  /// Sessions that were opened.
  public var openedSessions = 0
  /// Upgrades from polling to WebSocket.
  public var upgrades = 0
  /// Sessions that did not answer the heartbeat.
  public var pingTimeouts = 0
  /// Sessions that were ended because the client broke the rules.
  public var protocolErrors = 0
  /// Requests that were refused.
  public var refusedRequests = 0
  /// Sessions that were ended because the client read too slowly.
  public var slowClients = 0
  /// Messages that were dropped because the client read too slowly.
  public var droppedMessages = 0
  /// Messages that waited for a poll when their session ended.
  public var lostMessages = 0
  /// Bytes that waited for clients on WebSocket when they were disconnected for reading too slowly.
  public var lostBytes = 0
  /// Packets that were taken back because the connection of their poll was lost before they were written.
  public var requeuedPackets = 0
  /// Sessions that were refused by ``EngineConfiguration/maxSessionsPerAddress``.
  public var refusedByAddress = 0
  /// WebSockets that went uncompressed because the memory for compression was used up.
  public var uncompressedWebSockets = 0

  /// Packets that came from clients: those of heartbeats and closing, too.
  public var receivedPackets = 0
  /// Their content in bytes, after decompression and without framing.
  public var receivedBytes = 0
  /// Packets that were taken for clients; heartbeats and closing are not counted.
  public var sentPackets = 0
  /// Their content in bytes, before compression and without framing.
  public var sentBytes = 0

  /// Creates counters that have counted nothing.
  public init() {}

  /// Adds up the counters of two executors.
  public static func + (left: Self, right: Self) -> Self {
    var sum = left
    sum.openedSessions += right.openedSessions
    sum.upgrades += right.upgrades
    sum.pingTimeouts += right.pingTimeouts
    sum.protocolErrors += right.protocolErrors
    sum.refusedRequests += right.refusedRequests
    sum.slowClients += right.slowClients
    sum.droppedMessages += right.droppedMessages
    sum.lostMessages += right.lostMessages
    sum.lostBytes += right.lostBytes
    sum.requeuedPackets += right.requeuedPackets
    sum.refusedByAddress += right.refusedByAddress
    sum.uncompressedWebSockets += right.uncompressedWebSockets
    sum.receivedPackets += right.receivedPackets
    sum.receivedBytes += right.receivedBytes
    sum.sentPackets += right.sentPackets
    sum.sentBytes += right.sentBytes
    return sum
  }
}
