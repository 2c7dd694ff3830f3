#if Observability
  internal import AsyncModes
  internal import EngineIO
  internal import Instrumentation
  public import SocketIOServer
  internal import Tracing

  extension SocketIO {
    /// Makes a span for each event that is handled, with the tracer of the program (swift-distributed-tracing).
    ///
    /// The parent is what the client's handshake names, such as by a `traceparent` field; browsers cannot set fields for
    /// WebSocket, but for long-polling. What a handler throws is recorded. The span has the attributes
    /// `socketio.namespace`, `socketio.event` and `socketio.client`, and `network.peer.address`. To be called before the
    /// server runs, and after `InstrumentationSystem.bootstrap`; see ``SocketIO/interceptEvents(namespace:_:)`` for what
    /// middleware costs.
    public func traceHandlers() {
      interceptEvents { event, next in
        let socket = event.socket
        var context = ServiceContext.topLevel
        InstrumentationSystem.instrument.extract(socket.request, into: &context, using: HandshakeFields())
        return try await withSpan("socketio \(event.name)", context: context, ofKind: .server) { span in
          span.attributes["socketio.namespace"] = socket.namespace
          span.attributes["socketio.event"] = event.name
          span.attributes["socketio.client"] = socket.id.description
          span.attributes["network.peer.address"] = socket.request.remoteAddress?.host
          return try await next(event)
        }
      }
    }
  }

  /// Reads the header fields of a handshake.
  private struct HandshakeFields: Extractor {
    func extract(key: String, from request: EngineRequest) -> String? { request.header(key) }
  }
#endif
