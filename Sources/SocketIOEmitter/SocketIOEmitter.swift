internal import AsyncModes
public import ClusterCodec
public import MessageQueues
public import SocketIOCodec
internal import ThreadPool

/// Emits to the clients of servers from a program that serves nobody itself: a worker, a script, a command.
///
/// ```swift
/// let emitter = try SocketIOEmitter(queue: "redis://localhost:6379/0")
/// try emitter.emit("news", ["headline"], to: ["lobby"])
/// await emitter.close()
/// ```
/// It writes to the message queue only and receives nothing. What it publishes before the queue is reached waits, up to
/// the bounds of its options.
public final class SocketIOEmitter: Sendable {
  private let mode: any AsyncMode
  private let format: any ClusterFormat
  /// The queue: its counters and its health.
  public let queue: MessageQueue

  /// Creates an emitter and begins to connect.
  ///
  /// - Parameters:
  ///   - url: the message queue that the servers share.
  ///   - channel: the channel that they share. Default: `nil`, the usual one: `flask-socketio`, and with the format of
  ///     Node the key of its adapter, `socket.io`.
  ///   - format: JSON for python-socketio from 5.14 on, pickle for older ones, of which servers of this package read both;
  ///     or that of Node's Redis adapter. Default: JSON.
  ///   - options: bounds, time limits and policies.
  /// - Throws: `MessageQueueError` with the code `invalidURL`, `unknownScheme`, `unavailable` or `invalidOption`, or
  ///   `AsyncModeError`.
  public init(
    queue url: String, channel: String? = nil, format: QueueFormat = .python(.json),
    options: MessageQueueOptions = MessageQueueOptions()
  ) throws {
    mode = try ThreadPoolMode(configuration: ModeConfiguration(executorCount: 1))
    let digits = String(UInt64.random(in: 0 ... .max), radix: 16)
    self.format = format.makeFormat(
      origin: "emitter" + String(repeating: "0", count: 25 - digits.count) + digits, channel: channel)
    queue = try MessageQueue(url: url, mode: mode, options: options)
    queue.start(delivering: [], to: nil)
  }

  /// Emits an event.
  ///
  /// - Parameters:
  ///   - event: the name of the event.
  ///   - values: its arguments.
  ///   - rooms: who gets it: the members of any of these rooms, or everybody in the namespace if there are none. The id
  ///     of a client is a room too.
  ///   - namespace: where it is emitted.
  ///   - skipped: the ids of clients that shall not get it.
  /// - Throws: `MessageQueueError` with the code `payloadTooLarge`, `closed`, or `queueFull` under that drop policy.
  public func emit(
    _ event: String, _ values: [SocketValue], to rooms: [String] = [], namespace: String = "/",
    skipping skipped: [String] = []
  ) throws(MessageQueueError) {
    let target = ClusterTarget(namespace: namespace, rooms: rooms, except: skipped)
    try publish(.emit(ClusterEmit(target: target, event: event, arguments: values)))
  }

  /// Lets a client, or the members of a room, join another room.
  public func join(_ room: String, members: String, namespace: String = "/") throws(MessageQueueError) {
    try publish(.join(ClusterTarget(namespace: namespace, rooms: [members]), rooms: [room]))
  }

  /// Lets a client, or the members of a room, leave a room.
  public func leave(_ room: String, members: String, namespace: String = "/") throws(MessageQueueError) {
    try publish(.leave(ClusterTarget(namespace: namespace, rooms: [members]), rooms: [room]))
  }

  /// Takes everybody out of a room.
  public func closeRoom(_ room: String, namespace: String = "/") throws(MessageQueueError) {
    try publish(.closeRoom(room, namespace: namespace))
  }

  /// Disconnects a client, or the members of a room, from a namespace.
  public func disconnect(_ members: String, namespace: String = "/") throws(MessageQueueError) {
    try publish(.disconnect(ClusterTarget(namespace: namespace, rooms: [members]), closesConnection: false))
  }

  private func publish(_ message: ClusterMessage) throws(MessageQueueError) {
    for (channel, payload) in format.encode(message) { try queue.publish(SharedBytes(payload), on: channel) }
  }

  /// Waits until the queue has everything, then ends.
  ///
  /// - Parameter limit: how long to wait. Default: 10 s.
  /// - Returns: whether the queue has confirmed everything that was published.
  @discardableResult
  public func close(within limit: Duration = .seconds(10)) async -> Bool {
    let isFlushed = await queue.flush(within: limit)
    await queue.close()
    _ = await mode.shutdown(within: .seconds(1))
    let counters = queue.counters
    return isFlushed && counters.confirmed == counters.published && counters.dropped + counters.rejected == 0
  }
}
