public import AsyncModes
internal import EngineIOCodec
public import HTTPServing
internal import WebSocketCodec

/// An Engine.IO server: sessions over long-polling and WebSocket, in both revisions of the protocol, on one path.
///
/// Each session lives on the executor that its first request came to. The session id says which, so requests that come
/// to another executor are handed over without a table that all of them share.
public final class EngineServer: HTTPService, @unchecked Sendable {
  // @unchecked: `contexts` is set once in the initialiser, before anybody else sees the server.

  /// The options.
  public let configuration: EngineConfiguration
  let allowsPolling: Bool
  let allowsWebSocket: Bool
  let mode: any AsyncMode
  let application: any EngineApplication
  let sessionLimit: AddressLimit?
  let deflateBudget: DeflateBudget
  /// What is told to clients that begin on polling, and to those that begin on WebSocket.
  let pollingHandshake, webSocketHandshake: EngineIOHandshake
  private(set) var contexts: [EngineContext] = []

  /// Creates a server on the executors of a mode.
  ///
  /// - Throws: ``AsyncModeError`` with the code `invalidOption`.
  public init(
    mode: any AsyncMode, configuration: EngineConfiguration, application: any EngineApplication
  ) throws(AsyncModeError) {
    try configuration.validate()
    self.configuration = configuration
    allowsPolling = configuration.transports.contains(.polling)
    allowsWebSocket = configuration.transports.contains(.websocket)
    self.mode = mode
    self.application = application
    sessionLimit =
      if let maximum = configuration.maxSessionsPerAddress {
        try AddressLimit(maximum, name: "maxSessionsPerAddress")
      } else {
        nil
      }
    deflateBudget = DeflateBudget(bytes: configuration.webSocketCompression?.maxContextBytes ?? 0)
    pollingHandshake = EngineIOHandshake(configuration, upgrades: configuration.upgrades ? ["websocket"] : [])
    webSocketHandshake = EngineIOHandshake(configuration, upgrades: [])
    contexts = mode.executors.map { EngineContext(executor: $0, server: self) }
  }

  /// Closes every session and tells the clients.
  public func closeSessions(_ reason: EngineCloseReason) async {
    for context in contexts {
      await context.executor.run {
        for session in Array(context.sessions.values) { session.close(reason) }
      }
    }
  }

  /// What was counted, over all executors.
  public func counters() async -> EngineCounters {
    var sum = EngineCounters()
    for context in contexts { sum = sum + (await context.executor.run { context.counters }) }
    return sum
  }

  /// The number of sessions that are open, over all executors.
  public func sessionCount() async -> Int {
    var sum = 0
    for context in contexts { sum += await context.executor.run { context.sessions.count } }
    return sum
  }
}

extension EngineIOHandshake {
  fileprivate init(_ configuration: EngineConfiguration, upgrades: [String]) {
    self.init(
      upgrades: upgrades, pingInterval: configuration.pingInterval.wholeMilliseconds,
      pingTimeout: configuration.pingTimeout.wholeMilliseconds, maxPayload: configuration.maxPayload)
  }
}

extension Duration {
  /// The duration in whole milliseconds, at least one.
  fileprivate var wholeMilliseconds: Int { Int(clamping: max(1, clampedNanoseconds / 1_000_000)) }
}

extension Array {
  /// The element, or `nil` if there is none at that place.
  subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
