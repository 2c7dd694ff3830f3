import AsyncModes

/// A client that speaks Engine.IO over long-polling by hand, on two connections that are kept alive.
final class PollingPeer: Sendable {
  private let polls: HTTPPeer
  private let posts: HTTPPeer
  private let path: String
  /// The id of the Engine.IO session.
  let session: String

  init(_ mode: any AsyncMode, _ address: SocketAddress) async throws {
    polls = try await HTTPPeer(mode, address)
    posts = try await HTTPPeer(mode, address)
    let open = try await polls.request("GET", "/socket.io/?EIO=4&transport=polling")
    guard let start = open.body.firstRange(of: "\"sid\":\"") else { throw PeerError(what: open.body) }
    session = String(open.body[start.upperBound...].prefix { $0 != "\"" })
    path = "/socket.io/?EIO=4&transport=polling&sid=\(session)"
  }

  /// The packets that one poll gets.
  func poll() async throws -> [String] {
    let answer = try await polls.request("GET", path)
    guard answer.status == 200 else { throw PeerError(what: "\(answer.status) \(answer.body)") }
    return answer.body.split(separator: "\u{1e}").map(String.init)
  }

  /// Polls until a message comes; heartbeats are answered.
  func receive() async throws -> [String] {
    while true {
      let packets = try await poll()
      if packets.contains("2") { try await post(["3"]) }
      let messages = packets.filter { $0 != "2" }
      if !messages.isEmpty { return messages }
    }
  }

  func post(_ packets: [String]) async throws {
    let answer = try await posts.request("POST", path, body: packets.joined(separator: "\u{1e}"))
    guard answer.status == 200 else { throw PeerError(what: "\(answer.status) \(answer.body)") }
  }

  func close() {
    polls.close()
    posts.close()
  }
}

/// One connection over which requests are made, one after the other.
final class HTTPPeer: @unchecked Sendable {
  // @unchecked: used by one task at a time.

  private let stream: ByteStream
  private let host: String
  private var buffer: [UInt8] = []

  init(_ mode: any AsyncMode, _ address: SocketAddress) async throws {
    stream = try await mode.open(address)
    host = "\(address)"
  }

  func request(_ method: String, _ target: String, body: String = "") async throws -> (status: Int, body: String) {
    let bytes = Array(body.utf8)
    let head = "\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\nContent-Length: \(bytes.count)\r\n\r\n"
    try await stream.write(Array(head.utf8) + bytes)
    let end = Array("\r\n\r\n".utf8)
    while true {
      if let place = buffer.firstRange(of: end) {
        let lines = String(decoding: buffer[..<place.lowerBound], as: UTF8.self).lowercased()
          .split(separator: "\r\n")
        let status = Int(lines.first?.split(separator: " ").dropFirst().first ?? "") ?? 0
        let length =
          lines.first { $0.hasPrefix("content-length:") }
          .flatMap { Int($0.dropFirst(15).filter { $0 != " " }) } ?? 0
        if buffer.count >= place.upperBound + length {
          let content = String(decoding: buffer[place.upperBound..<place.upperBound + length], as: UTF8.self)
          buffer.removeFirst(place.upperBound + length)
          return (status, content)
        }
      }
      guard let chunk = try await stream.read() else { throw PeerError(what: "the connection was closed") }
      buffer += chunk
    }
  }

  func close() { stream.close() }
}
