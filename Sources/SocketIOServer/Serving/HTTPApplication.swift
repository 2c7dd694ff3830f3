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

  /// The path without the query, still percent-encoded.
  public var path: Substring { (request.path ?? "/").prefix { $0 != "?" } }
}

/// The answer of an ``HTTPApplication``.
public struct ApplicationResponse: Sendable {
  /// Status and header fields. Length and connection are the business of the server.
  public var response: HTTPResponse
  /// The content.
  public var body: [UInt8]

  /// Creates an answer.
  public init(_ response: HTTPResponse, body: [UInt8] = []) {
    self.response = response
    self.body = body
  }

  /// Creates an answer of text.
  public init(status: HTTPResponse.Status = .ok, contentType: String = "text/plain; charset=utf-8", text: String) {
    var response = HTTPResponse(status: status)
    response.headerFields[.contentType] = contentType
    self.init(response, body: Array(text.utf8))
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
