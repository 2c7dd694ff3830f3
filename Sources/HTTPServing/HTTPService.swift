public import HTTPCodec

/// What answers the requests that come over the connections of a server.
public protocol HTTPService: AnyObject, Sendable {
  /// A request head has arrived; called on the connection's executor.
  ///
  /// - Parameters:
  ///   - head: the request line and the header fields.
  ///   - exchange: the answer is given to it, at once or later, always on its executor.
  /// - Returns: what is to happen to the body.
  func begin(_ head: HTTPRequestHead, _ exchange: HTTPExchange) -> HTTPBodyDisposition

  /// The whole body has arrived, if ``begin(_:_:)`` asked for it. A request without a body has an empty one.
  func handle(_ exchange: HTTPExchange, body: [UInt8])
}

/// What a service wants done with the body of a request.
public enum HTTPBodyDisposition: Sendable, Hashable {
  /// Collect it up to a limit in bytes and call ``HTTPService/handle(_:body:)``. More is answered with 413.
  case collect(limit: Int)
  /// The exchange is answered, or will be without the body, which is thrown away up to the limit of the server.
  case discard
  /// The connection was taken over for another protocol.
  case detached
}
