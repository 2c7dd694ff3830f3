import AsyncModes
import ServerTesting
import SocketIOServer

extension WireClient {
  /// Sends a message and takes as many answers as are expected.
  func exchange(_ message: String, answers: Int = 1) async throws -> [String] {
    try await send(message)
    var texts: [String] = []
    for _ in 0..<answers { texts.append(try await text()) }
    return texts
  }
}

/// Sends a request for a page.
///
/// - Returns: the whole answer, with its head.
func fetch(
  _ path: String, _ address: SocketAddress, _ mode: any AsyncMode, fields: String = ""
) async throws -> String {
  let stream = try await mode.open(address)
  try await stream.write(Array("GET \(path) HTTP/1.1\r\nHost: \(address)\r\n\(fields)Connection: close\r\n\r\n".utf8))
  var answer: [UInt8] = []
  while let chunk = try await stream.read() { answer += chunk }
  return String(decoding: answer, as: UTF8.self)
}
