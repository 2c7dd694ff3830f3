import CodecTesting
import HTTPCodec
import Testing

/// Decodes a text as requests, in many ways.
func decode(_ text: String, limits: HTTPLimits = HTTPLimits()) throws -> [HTTPTranscript] {
  try decode(Array(text.utf8), limits: limits)
}

/// Decodes bytes as requests, in many ways, with heads that are given back and without.
func decode(_ bytes: [UInt8], limits: HTTPLimits = HTTPLimits()) throws -> [HTTPTranscript] {
  let events = try SplitVerifier().events(of: bytes) { HTTPTranscript.decode($0, limits: limits) }
  #expect(HTTPTranscript.decode([bytes], limits: limits) == events)
  return events
}

/// A request with a head of these lines; Host comes first.
func request(_ line: String = "GET / HTTP/1.1", _ fields: String..., body: String = "") -> String {
  ([line, "Host: a"] + fields).joined(separator: "\r\n") + "\r\n\r\n" + body
}

extension [HTTPTranscript] {
  /// The status that the input was refused with.
  var refusal: Int? { if case .refused(let status)? = last { status } else { nil } }

  /// The content of all requests.
  var bodies: [String] {
    compactMap { if case .body(let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { nil } }
  }

  /// How many requests are complete.
  var requestCount: Int { count { $0 == .end } }
}
