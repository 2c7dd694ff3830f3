internal import AsyncModes
public import HTTPTypes

/// HTTP requests, with the cookies of the client.
extension TestClient {
  /// Sends a GET request.
  public func get(_ path: String, headers: HTTPFields = [:]) async throws -> TestResponse {
    try await request(.get, path, headers: headers)
  }

  /// Sends a POST request.
  public func post(
    _ path: String, headers: HTTPFields = [:], contentType: String = "application/x-www-form-urlencoded",
    body: some StringProtocol = ""
  ) async throws -> TestResponse {
    var headers = headers
    headers[.contentType] = contentType
    return try await request(.post, path, headers: headers, body: Array(body.utf8))
  }

  /// Sends a request and waits for the answer; cookies that it sets are kept.
  ///
  /// - Parameters:
  ///   - method: the method.
  ///   - path: the path, with a query if there is one.
  ///   - headers: header fields, besides those that the client was created with.
  ///   - body: the content, if there is any.
  /// - Throws: ``TestClientError`` with the code `closed`, `invalidResponse` or `noAnswer`.
  public func request(
    _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields = [:], body: [UInt8]? = nil
  ) async throws -> TestResponse {
    let address = try await mode.address(of: server)
    let bytes = HTTPPeer.encode(
      method.rawValue, path, host: address.description, fields: requestFields(for: path.prefix { $0 != "?" }, headers),
      body: body)
    let answer = Answer<TestResponse>()
    try await act { peer in
      let connection = try peer.mode.dial(address, ConnectionOptions(), on: peer.executor)
      let http = HTTPPeer(connection)
      connection.attach(http)
      http.send(bytes, isToHead: method == .head) { result in
        connection.close()
        answer.resolve(result.mapError { $0 })
      }
    }
    let response = try await answer.value(
      within: Self.patience, TestClientError(.noAnswer, "the server did not answer \(method.rawValue) \(path)"))
    keepCookies(of: response)
    try await mode.settle()
    return response
  }
}
