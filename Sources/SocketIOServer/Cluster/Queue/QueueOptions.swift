public import ClusterCodec
public import MessageQueues

/// How a server joins others through a message queue.
public struct QueueOptions: Sendable {
  /// The URL of the queue, such as `redis://localhost:6379/0`; see `MessageQueueRegistry` for the schemes.
  public var url: String
  /// The channel that all servers share. Default: `nil`, the usual one: `flask-socketio`, as Flask-SocketIO has it (that
  /// of python-socketio alone is `socketio`), and with the format of Node the key of its adapter, `socket.io`.
  public var channel: String?
  /// What is written. Default: JSON, for python-socketio from 5.14 on.
  public var format = QueueFormat.python(.json)
  /// What the member `data` of JSON messages of others means; see `PythonFormat.DataMeaning`.
  public var dataMeaning = PythonFormat.DataMeaning.arguments
  /// Bounds, time limits and policies.
  public var queue = MessageQueueOptions()
  /// How long other servers may take to answer a question. Default: 5 s.
  public var requestTimeout: Duration = .seconds(5)
  /// How often a server tells the others that it is there; one that was not heard of for three times as long counts as
  /// gone. Default: 5 s.
  public var presenceInterval: Duration = .seconds(5)
  /// Questions to other servers that may be awaited at the same time. Default: 10,000.
  public var maxPendingRequests = 10_000

  /// Creates options for a queue.
  public init(url: String) { self.url = url }

  /// Checks the values.
  ///
  /// - Throws: ``SocketIOError`` or `MessageQueueError` with the code `invalidOption`, naming the option and its value.
  public func validate() throws {
    try queue.validate()
    let scheme = url.prefix { $0 != ":" }.lowercased()
    let hasPatterns = ["redis", "valkey", "unix", "memory"].contains { scheme.hasPrefix($0) }
    let isOurs = MessageQueueRegistry.builtIn.contains { $0.schemes.contains(scheme) }
    guard format != .node || hasPatterns || !isOurs else {
      throw SocketIOError(
        .invalidOption,
        "format is node, but \(scheme):// cannot subscribe to all channels whose names begin alike; redis:// can")
    }
    guard channel != "" else { throw SocketIOError(.invalidOption, "channel is empty, but must name a channel") }
    guard requestTimeout > .zero, presenceInterval > .zero else {
      throw SocketIOError(.invalidOption, "requestTimeout and presenceInterval must be longer than zero")
    }
    guard maxPendingRequests > 0 else {
      throw SocketIOError(.invalidOption, "maxPendingRequests is \(maxPendingRequests), but must be positive")
    }
  }
}
