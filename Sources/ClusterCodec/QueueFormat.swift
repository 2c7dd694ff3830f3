/// What the messages on the queue look like.
public enum QueueFormat: Sendable, Hashable {
  /// As python-socketio and Flask-SocketIO write them. Both forms are read, whichever is written.
  case python(PythonFormat.Form)
  /// As Node's Redis adapter and its emitters write them; see `NodeFormat`. For Redis, and other queues that can subscribe
  /// to all channels whose names begin alike.
  case node

  /// The channel that is usual: with Python that of Flask-SocketIO, with Node the adapter's key.
  public var usualChannel: String {
    switch self {
    case .python: "flask-socketio"
    case .node: "socket.io"
    }
  }

  /// How messages are written and read.
  ///
  /// - Parameters:
  ///   - origin: the id of whoever writes.
  ///   - channel: the channel that is shared; `nil` stands for the usual one.
  ///   - dataMeaning: what the member `data` of JSON messages of Python means.
  public func makeFormat(
    origin: String, channel: String? = nil, dataMeaning: PythonFormat.DataMeaning = .arguments
  ) -> any ClusterFormat {
    let channel = channel ?? usualChannel
    return switch self {
    case .python(let form): PythonFormat(origin: origin, channel: channel, form: form, dataMeaning: dataMeaning)
    case .node: NodeFormat(origin: origin, key: channel)
    }
  }
}
