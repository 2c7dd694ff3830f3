/// What connects the servers of a cluster: a message queue, for instance.
///
/// A server with a link publishes every ``ClusterOperation`` except those with the flag ``EmitFlags/local``, and asks
/// for what other servers know. What comes from other servers is handed to the ``LocalNode`` that ``start(_:)`` got.
public protocol ClusterLink: Sendable {
  /// Begins; called once, before any client connects. Errors that come later are the link's to report and to repair.
  ///
  /// - Parameter node: what the server alone does and knows.
  func start(_ node: LocalNode) throws

  /// Tells the other servers. Called from any thread; it must not wait. From one place the calls come in order.
  func publish(_ operation: ClusterOperation)

  /// The clients of the other servers.
  func sockets(in audience: Audience, namespace: String) async throws -> [SocketDescription]

  /// Emits an event to the clients of the other servers and collects their acknowledgements.
  func call(_ event: EmittedEvent, timeout: Duration) async -> CallResults

  /// Ends.
  func stop() async
}

extension ClusterLink {
  /// No clients: a link whose queue cannot be asked.
  public func sockets(in audience: Audience, namespace: String) async throws -> [SocketDescription] { [] }

  /// No answers: a link whose queue cannot carry acknowledgements. The event itself is published.
  public func call(_ event: EmittedEvent, timeout: Duration) async -> CallResults {
    publish(.emit(event))
    return CallResults()
  }
}

/// What other servers may be told about a client.
public struct SocketDescription: Sendable, Hashable {
  /// The id of the client; that of a foreign server may have any form.
  public var id: String
  /// The namespace it is in.
  public var namespace: String
  /// The rooms it is in, without the one that is its id.
  public var rooms: [String]

  /// Creates a description.
  public init(id: String, namespace: String, rooms: [String]) {
    self.id = id
    self.namespace = namespace
    self.rooms = rooms
  }
}
