#if Hummingbird
  internal import HTTPTypes
  public import Hummingbird
  public import Logging
  internal import NIOCore
  internal import NIOEmbedded
  public import SocketIOServer

  /// A Hummingbird router as the application beside a Socket.IO server, on any runtime.
  ///
  /// ```swift
  /// let router = Router()
  /// router.get("/") { _, _ in "Hello" }
  /// let io = try SocketIO(app: HummingbirdApplication(router), asyncMode: .auto)
  /// ```
  /// Requests and responses are passed as a whole: what a response streams is gathered first, up to a limit.
  public struct HummingbirdApplication<Responder: HTTPResponder>: HTTPApplication
  where Responder.Context: RequestContext, Responder.Context.Source == ApplicationRequestContextSource {
    private let responder: Responder
    private let logger: Logger
    private let maxResponseBytes: Int
    /// Contexts want the channel of a request. There is none: this one is never active, and has no address.
    private let channel = NIOAsyncTestingChannel()

    /// Wraps what a router builds.
    ///
    /// - Parameters:
    ///   - builder: a `Router`, or whatever else builds a responder.
    ///   - maxResponseBytes: the longest response; a longer one is answered with 500. Default: 16 MiB.
    ///   - logger: the logger that request contexts get.
    public init<Builder: HTTPResponderBuilder>(
      _ builder: Builder, maxResponseBytes: Int = 16 << 20, logger: Logger = Logger(label: "socketio.application")
    ) where Builder.Responder == Responder {
      responder = builder.buildResponder()
      self.maxResponseBytes = maxResponseBytes
      self.logger = logger
    }

    /// Answers a request.
    ///
    /// - Throws: ``ResponseTooLong``, or what the responder threw if it is no HTTP error.
    public func respond(to request: ApplicationRequest) async throws -> ApplicationResponse {
      let context = Responder.Context(source: ApplicationRequestContextSource(channel: channel, logger: logger))
      let body = RequestBody(buffer: ByteBuffer(bytes: request.body))
      let incoming = Request(head: request.request, body: body)
      let response = try await HummingbirdRequest.$remoteAddress.withValue(request.remoteAddress) {
        do {
          return try await responder.respond(to: incoming, context: context)
        } catch let error as any HTTPResponseError {
          return try error.response(from: incoming, context: context)
        }
      }
      let writer = ResponseCollector(limit: maxResponseBytes)
      try await response.body.write(writer)
      return ApplicationResponse(response.head, body: writer.bytes)
    }
  }

  /// What a request context cannot tell about a request that came over a Socket.IO server.
  public enum HummingbirdRequest {
    /// The address of the peer while a request is answered.
    @TaskLocal public static var remoteAddress: String?
  }

  /// A response is longer than ``HummingbirdApplication`` takes.
  public struct ResponseTooLong: Error, CustomStringConvertible {
    /// The limit in bytes.
    public let limit: Int
    /// What happened, and what to do.
    public var description: String { "the response is longer than \(limit) bytes; raise maxResponseBytes" }
  }

  /// Gathers a response.
  private final class ResponseCollector: ResponseBodyWriter {
    private(set) var bytes: [UInt8] = []
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func write(_ buffer: ByteBuffer) async throws {
      guard bytes.count + buffer.readableBytes <= limit else { throw ResponseTooLong(limit: limit) }
      bytes.append(contentsOf: buffer.readableBytesView)
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
  }
#endif
