#if Hummingbird
  internal import AsyncModes
  internal import HTTPTypes
  public import HummingbirdCore
  internal import Logging
  internal import NIOCore
  internal import NIOHTTPTypes
  internal import ServiceLifecycle
  public import SocketIOServer
  public import StructuredConcurrency
  internal import Synchronization
  internal import EngineIO

  extension HTTPServerBuilder {
    /// Puts a Socket.IO server into a Hummingbird `Application`: requests for its path go to it, all others to the
    /// router of the application.
    ///
    /// ```swift
    /// let mode = try StructuredConcurrencyMode(configuration: ModeConfiguration())
    /// let io = try SocketIO(mode: mode)
    /// let app = Application(
    ///   router: router, server: .socketIO(io, on: mode), eventLoopGroupProvider: .shared(mode.eventLoopGroup))
    /// ```
    /// The application listens, runs the services and ends; call `SocketIO.stop()` when it has.
    ///
    /// - Parameters:
    ///   - io: the Socket.IO server; must have been created on `mode`.
    ///   - mode: the runtime, whose event loops the application must share.
    public static func socketIO(_ io: SocketIO, on mode: StructuredConcurrencyMode) -> HTTPServerBuilder {
      HTTPServerBuilder { responder in SocketIOChannel(io: io, mode: mode, responder: responder) }
    }
  }

  /// Serves the connections of a Hummingbird application.
  private final class SocketIOChannel: ServerChildChannel {
    /// A connection, which serves itself.
    struct Value: ServerChildChannelValue {
      let channel: any Channel
      let place: ConnectionPlace
    }

    private let io: SocketIO
    private let mode: StructuredConcurrencyMode
    private let responder: HTTPChannelHandler.Responder
    private let isStopping = Atomic(false)

    init(io: SocketIO, mode: StructuredConcurrencyMode, responder: @escaping HTTPChannelHandler.Responder) {
      self.io = io
      self.mode = mode
      self.responder = responder
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
      channel.eventLoop.makeCompletedFuture {
        let place = ConnectionPlace()
        let application = ResponderApplication(responder: responder, channel: channel)
        try mode.adopt(channel) { [io] connection in
          place.connection.withLock { $0 = connection }
          return io.handler(for: connection, app: application)
        }
        return Value(channel: channel, place: place)
      }
    }

    /// Waits for the end of the connection, which a graceful shutdown of the application brings about: the clients are
    /// told, and what waits for them is sent.
    func handle(value: Value, logger: Logger) async {
      await withGracefulShutdownHandler {
        try? await value.channel.closeFuture.get()
      } onGracefulShutdown: { [self] in
        let isFirst = !isStopping.exchange(true, ordering: .relaxed)
        Task {
          if isFirst { await io.engine.closeSessions(.serverShutdown) }
          guard let connection = value.place.connection.withLock({ $0 }) else {
            return value.channel.close(promise: nil)
          }
          connection.executor.execute { connection.close() }
        }
      }
    }
  }

  /// Where the connection of a channel is kept once it has become active.
  private final class ConnectionPlace: Sendable {
    let connection = Mutex<Connection?>(nil)
  }

  /// Lets the application's responder answer a request, and gathers what it writes.
  private struct ResponderApplication: HTTPApplication {
    let responder: HTTPChannelHandler.Responder
    let channel: any Channel

    func respond(to request: ApplicationRequest) async throws -> ApplicationResponse {
      let incoming = Request(head: request.request, body: RequestBody(buffer: ByteBuffer(bytes: request.body)))
      let (outbound, parts) = NIOAsyncChannelOutboundWriter<HTTPResponsePart>.makeTestingWriter()
      return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          try await responder(incoming, ResponseWriter(outbound: outbound), channel)
          outbound.finish()
        }
        var answer = ApplicationResponse(HTTPResponse(status: .internalServerError))
        for await part in parts {
          switch part {
          case .head(let head): answer.response = head
          case .body(let bytes): answer.body.append(contentsOf: bytes.readableBytesView)
          case .end: outbound.finish()
          }
        }
        try await group.waitForAll()
        return answer
      }
    }
  }
#endif
