internal import AsyncModes
internal import ClusterCodec
public import MessageQueues
public import SocketIOCodec
internal import Synchronization

extension SocketIO {
  /// What joins this server to others through ``SocketIOOptions/messageQueue``; `nil` without one.
  public var queueLink: MessageQueueLink? { options.cluster as? MessageQueueLink }

  /// How the server stands with its message queue; `nil` without one.
  public var queueHealth: MessageQueueHealth? { queueLink?.queue.health }

  /// Handles an event that other servers of the cluster send to this one; what it returns is the answer.
  public func onServerEvent(_ event: String, _ handler: @escaping @Sendable (Arguments) async -> Arguments) {
    registry.setServerHandler(of: event, handler)
  }

  /// Sends an event to all other servers of the cluster; it does not reach this one.
  public func emitToServers(_ event: String, values: [SocketValue]) {
    queueLink?.send(.serverEvent(namespace: "/", event: event, arguments: values, nil))
  }

  /// Sends an event to all other servers of the cluster and collects their answers.
  ///
  /// - Parameter timeout: how long they may take together. Default: 5 s.
  /// - Returns: the answers, in the order in which they came; that of a server without a handler is empty.
  /// - Throws: ``SocketIOError`` with the code `timedOut` if not all of them answer in time.
  public func callServers(
    _ event: String, _ values: SocketValue..., timeout: Duration = .seconds(5)
  ) async throws -> [Arguments] {
    guard let queueLink else { return [] }
    return try await queueLink.callServers(event, values, timeout: timeout)
  }
}

extension SocketIOOptions {
  /// These options with the link that ``messageQueue`` asks for.
  func linked(on mode: any AsyncMode) throws -> SocketIOOptions {
    guard let messageQueue else { return self }
    guard cluster == nil else {
      throw SocketIOError(.invalidOption, "cluster and messageQueue are both set, but a server has one of them")
    }
    var linked = self
    var options = messageQueue
    options.queue.logger = logger
    linked.cluster = try MessageQueueLink(options, mode: mode)
    return linked
  }
}
