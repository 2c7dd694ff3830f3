import AsyncModes

/// A Socket.IO client over long-polling, on one connection: posts an event, polls until it is acknowledged, and again.
final class PollingClient: ConnectionHandler {
  private enum Step { case handshake, connect, connected, post, poll }

  let connection: Connection
  private let crowd: Crowd
  private let whenReady: () -> Void
  private var responses = ResponseReader()
  private var step = Step.handshake
  private var path = "/socket.io/?EIO=4&transport=polling"
  private var sent = MonotonicInstant(nanoseconds: 0)
  private var getRequest = SharedBytes([])
  private var postRequest = SharedBytes([])

  private static let event = "421[\"echo\",{\"d\":\"\(String(repeating: "x", count: 32))\"}]"

  init(_ connection: Connection, _ crowd: Crowd, whenReady: @escaping () -> Void) {
    self.connection = connection
    self.crowd = crowd
    self.whenReady = whenReady
    connection.write(get())
  }

  /// Begins with the round trips.
  func begin() {
    step = .post
    sent = connection.executor.now
    connection.write(postRequest)
  }

  func received(_ bytes: inout MutableRawSpan) {
    responses.append(bytes.bytes)
    do {
      while let response = try responses.next() {
        guard response.status == 200 else {
          return fail(
            "a request was answered with \(response.status): \(String(decoding: response.body, as: UTF8.self))")
        }
        try take(response.body)
      }
    } catch {
      fail("\(error)")
    }
  }

  private func take(_ body: ArraySlice<UInt8>) throws {
    switch step {
    case .handshake:
      let text = String(decoding: body, as: UTF8.self)
      guard let start = text.firstRange(of: "\"sid\":\"")?.upperBound, let end = text[start...].firstIndex(of: "\"")
      else {
        return fail("the handshake names no session: \(text)")
      }
      path += "&sid=\(text[start..<end])"
      getRequest = get()
      postRequest = post(Self.event)
      step = .connect
      connection.write(post("40"))
    case .connect:
      step = .connected
      connection.write(getRequest)
    case .connected:
      if body.starts(with: "40".utf8) { whenReady() } else { connection.write(getRequest) }
    case .post:
      step = .poll
      connection.write(getRequest)
    case .poll:
      guard Self.holds(body, "431") else { return try answerHeartbeat(body) }
      crowd.tally.add(since: sent, at: connection.executor.now)
      if !crowd.isOver { begin() }
    }
  }

  private func answerHeartbeat(_ body: ArraySlice<UInt8>) throws {
    if body.first == UInt8(ascii: "2") {
      step = .post
      connection.write(post("3"))
    } else {
      connection.write(getRequest)
    }
  }

  /// Whether one of the packets of a payload begins with a text.
  private static func holds(_ body: ArraySlice<UInt8>, _ start: StaticString) -> Bool {
    let start = UnsafeBufferPointer(start: start.utf8Start, count: start.utf8CodeUnitCount)
    if body.starts(with: start) { return true }
    return body.split(separator: 0x1e).contains { $0.starts(with: start) }
  }

  private func get() -> SharedBytes {
    SharedBytes(Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
  }

  private func post(_ body: String) -> SharedBytes {
    SharedBytes(
      Array(
        """
        POST \(path) HTTP/1.1\r
        Host: localhost\r
        Content-Type: text/plain;charset=UTF-8\r
        Content-Length: \(body.utf8.count)\r
        \r
        \(body)
        """.utf8))
  }

  private func fail(_ why: String) {
    if !crowd.isOver { crowd.tally.fail(why) }
    connection.abort()
  }

  func closed(_ reason: CloseReason) {
    if reason != .aborted, !crowd.isOver { crowd.tally.fail("a connection ended: \(reason)") }
  }
}

/// Clients that poll.
final class PollingCrowd: Crowd, @unchecked Sendable {
  private var pollers: [PollingClient] = []
  private var readyPollers = 0

  override func begin() { for poller in pollers { poller.begin() } }

  /// Connects clients, and waits until all are ready.
  func connectPollers(_ count: Int, to port: Int) async throws {
    try await load.connect(count, to: port) { [self] connection, _ in
      keep(connection)
      let client = PollingClient(connection, self) { [self] in readyPollers += 1 }
      pollers.append(client)
      return client
    }
    try await load.wait(for: "\(count) clients to be connected") { [self] in
      try check()
      return readyPollers >= count
    }
  }
}
