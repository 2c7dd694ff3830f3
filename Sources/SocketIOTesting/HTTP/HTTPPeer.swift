internal import AsyncModes
internal import HTTPTypes

/// The client's end of an HTTP connection: one request at a time. Confined to the executor of its connection.
final class HTTPPeer: ConnectionHandler {
  typealias Completion = (Result<TestResponse, TestClientError>) -> Void

  let connection: Connection
  private var reader = HTTPResponseReader()
  private var completion: Completion?
  private var isToHead = false
  private(set) var isOpen = true

  init(_ connection: Connection) { self.connection = connection }

  /// Whether a request waits for its answer.
  var isBusy: Bool { completion != nil }

  /// What came behind the answer that was read last.
  var rest: [UInt8] { reader.rest }

  /// Sends a request whose bytes are complete.
  func send(_ request: [UInt8], isToHead: Bool = false, _ completion: @escaping Completion) {
    self.completion = completion
    self.isToHead = isToHead
    if !isOpen || !connection.write(request.span.bytes) {
      finish(.failure(TestClientError(.closed, "the server has closed the connection")))
    }
  }

  func received(_ bytes: inout MutableRawSpan) {
    bytes.withUnsafeMutableBytes { reader.append(UnsafeRawBufferPointer($0)) }
    read(isEnded: false)
  }

  private func read(isEnded: Bool) {
    guard completion != nil else { return }
    do throws(TestClientError) {
      guard let response = try reader.next(isToHead: isToHead, isEnded: isEnded) else { return }
      finish(.success(response))
    } catch {
      finish(.failure(error))
    }
  }

  private func finish(_ result: Result<TestResponse, TestClientError>) {
    let completion = completion
    self.completion = nil
    completion?(result)
  }

  func ended() {
    isOpen = false
    read(isEnded: true)
    connection.close()
  }

  func closed(_ reason: CloseReason) {
    isOpen = false
    read(isEnded: true)
    finish(.failure(TestClientError(.closed, "the connection ended before the answer came (\(reason))")))
  }
}

extension HTTPPeer {
  /// The bytes of a request.
  static func encode(
    _ method: String, _ target: String, host: String, fields: [(name: String, value: String)], body: [UInt8]? = nil
  ) -> [UInt8] {
    var text = "\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n"
    for field in fields { text += "\(field.name): \(field.value)\r\n" }
    if let body { text += "Content-Length: \(body.count)\r\n" }
    return Array((text + "\r\n").utf8) + (body ?? [])
  }
}
