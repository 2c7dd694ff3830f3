public import AsyncModes
internal import HTTPCodec
internal import HTTPServing
public import HTTPTypes
internal import Logging

/// What answers ordinary HTTP requests beside the Socket.IO server.
public protocol HTTPApplication: Sendable {
  /// Answers a request; runs where the runtime runs user code.
  ///
  /// - Parameter request: the request with its whole content.
  /// - Throws: any error; the client is answered with 500.
  func respond(to request: ApplicationRequest) async throws -> ApplicationResponse
}

/// A request to an ``HTTPApplication``.
public struct ApplicationRequest: Sendable {
  /// Method, path and header fields.
  public var request: HTTPRequest
  /// The content.
  public var body: [UInt8]
  /// The address of the peer, or `nil` if it has none.
  public var remoteAddress: String?
  /// Whether the client's connection is encrypted, as far as it is known.
  public var isSecure = false
  /// What was agreed on with the peer over TLS, such as the subject of its certificate; `nil` without TLS.
  public var tls: TLSInfo?

  /// The runtime of the server that the request came to, if it is one of this library.
  var mode: (any AsyncMode)?

  /// Runs work that blocks where it may.
  func runBlocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    guard let mode else { return try work() }
    return try await mode.runBlocking(work)
  }

  /// The path without the query, still percent-encoded.
  public var path: Substring { (request.path ?? "/").prefix { $0 != "?" } }
}

/// The answer of an ``HTTPApplication``.
public struct ApplicationResponse: Sendable {
  /// Status and header fields. Length and connection are the business of the server.
  public var response: HTTPResponse
  /// The content.
  public var body: [UInt8]
  /// Content that is sent piece by piece, in place of ``body``.
  public var stream: StreamedContent?

  /// Creates an answer.
  public init(_ response: HTTPResponse, body: [UInt8] = []) {
    self.response = response
    self.body = body
  }

  /// Creates an answer whose content is sent piece by piece.
  public init(_ response: HTTPResponse, streaming stream: StreamedContent) {
    self.init(response)
    self.stream = stream
  }

  /// Creates an answer of text.
  public init(status: HTTPResponse.Status = .ok, contentType: String = "text/plain; charset=utf-8", text: String) {
    var response = HTTPResponse(status: status)
    response.headerFields[.contentType] = contentType
    self.init(response, body: Array(text.utf8))
  }
}

/// Content that is sent piece by piece, as the client takes it, so that it never is in memory as a whole.
public struct StreamedContent: Sendable {
  /// The length of the whole content in bytes, which the client is told at first.
  public var count: Int
  /// Returns the piece that begins at an offset: at least one byte, and no more than the rest. Asked for when the client
  /// has taken what was before it; where it may suspend, as ``HTTPApplication/respond(to:)``. If it throws, or returns no
  /// such piece, the connection is reset, by which the client knows that it has not got everything.
  public var piece: @Sendable (_ offset: Int) async throws -> [UInt8]

  /// Creates content of a known length.
  public init(count: Int, _ piece: @escaping @Sendable (_ offset: Int) async throws -> [UInt8]) {
    self.count = count
    self.piece = piece
  }
}

/// An application made of closures, by path.
public struct HTTPRoutes: HTTPApplication {
  /// What answers the requests of one path.
  public typealias Handler = @Sendable (ApplicationRequest) async throws -> ApplicationResponse
  private var handlers: [String: Handler] = [:]
  private var fallback: (any HTTPApplication)?

  /// Creates routes.
  ///
  /// - Parameter fallback: what answers requests for other paths; without it they get 404.
  public init(fallback: (any HTTPApplication)? = nil) { self.fallback = fallback }

  /// Answers GET and HEAD requests for a path.
  public mutating func get(_ path: String, _ handler: @escaping Handler) { handlers["GET " + path] = handler }

  /// Answers POST requests for a path.
  public mutating func post(_ path: String, _ handler: @escaping Handler) { handlers["POST " + path] = handler }

  /// Answers a request by its path.
  public func respond(to request: ApplicationRequest) async throws -> ApplicationResponse {
    let method = request.request.method == .head ? "GET" : request.request.method.rawValue
    if let handler = handlers["\(method) \(request.path)"] { return try await handler(request) }
    if let fallback { return try await fallback.respond(to: request) }
    return ApplicationResponse(status: .notFound, text: "Not found\n")
  }
}
