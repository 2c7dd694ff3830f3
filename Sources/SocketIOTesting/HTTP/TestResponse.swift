public import HTTPTypes

/// The answer to an HTTP request of a test client.
public struct TestResponse: Sendable {
  /// Status and header fields.
  public var response: HTTPResponse
  /// The content.
  public var body: [UInt8]

  /// The status.
  public var status: HTTPResponse.Status { response.status }
  /// The header fields.
  public var headerFields: HTTPFields { response.headerFields }
  /// The content as text.
  public var text: String { String(decoding: body, as: UTF8.self) }
}
