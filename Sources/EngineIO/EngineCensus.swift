internal import AsyncModes
public import EngineIOCodec

/// The sessions of an Engine.IO server at one moment.
public struct EngineCensus: Sendable, Equatable {
  /// How clients are connected.
  public struct Kind: Sendable, Hashable, CustomStringConvertible {
    /// The present transport.
    public let transport: EngineConfiguration.Transport
    /// The revision of the protocol.
    public let revision: EngineIORevision

    /// The transport and the revision.
    public var description: String { "\(transport.rawValue) \(revision.rawValue)" }
  }

  /// Open sessions of each kind; every kind is there.
  public internal(set) var sessions: [Kind: Int] = [:]
  /// Bytes that wait for all clients.
  public internal(set) var outgoingBytes = 0
  /// Bytes that wait for the client with the most of them.
  public internal(set) var largestOutgoingBytes = 0

  init() {
    for transport in [EngineConfiguration.Transport.polling, .websocket] {
      for revision in [EngineIORevision.v3, .v4] { sessions[Kind(transport: transport, revision: revision)] = 0 }
    }
  }

  mutating func add(_ session: EngineSession) {
    sessions[Kind(transport: session.transport, revision: session.revision), default: 0] += 1
    outgoingBytes += session.outgoingBytes
    largestOutgoingBytes = max(largestOutgoingBytes, session.outgoingBytes)
  }
}

extension EngineServer {
  /// Looks at every session.
  public func census() async -> EngineCensus {
    var census = EngineCensus()
    for context in contexts {
      census = await context.executor.run { [census] in
        var census = census
        for session in context.sessions.values { census.add(session) }
        return census
      }
    }
    return census
  }
}
