internal import AsyncModes
internal import EngineIOCodec
internal import HTTPTypes
internal import SocketIOCodec
internal import WebSocketCodec

/// The client's side of an Engine.IO session, in both revisions. Confined to its executor.
///
/// ```
///   opening ─► open ─────────────────────► closed
///                │ (upgrade) probe ─► move ─┘
/// ```
final class EnginePeer: TimerTarget {
  /// Where the server is, and what every request carries.
  struct Target {
    var address: SocketAddress
    var path: String
    var query: String
    /// The header fields of the next request.
    var fields: () -> [(name: String, value: String)]
    /// Keeps the cookies of an answer.
    var keepCookies: (TestResponse) -> Void
  }

  /// A packet on its way out.
  enum Packet {
    /// Its type, then its content.
    case text([UInt8])
    case binary([UInt8])
  }

  enum State { case opening, open, closed }

  let mode: MemoryMode
  let executor: IOExecutor
  let options: TestClientOptions
  let target: Target
  unowned let handler: any EnginePeerHandler
  var state = State.opening
  private(set) var sessionID = ""
  private(set) var pingInterval = Duration.seconds(25)
  var answersPings: Bool
  /// Whether the client takes what the server sends.
  var isReading = true
  /// Whether the client has vanished: it neither sends nor says goodbye.
  var hasVanished = false
  private var heartbeat = TimerID.none

  // Polling.
  var outgoing: [Packet] = []
  var pollPeer: HTTPPeer?
  var postPeer: HTTPPeer?
  var isPolling = false
  var isPosting = false
  var jsonpIndex = 0

  // WebSocket.
  /// The WebSocket that carries the session.
  var webSocket: WebSocketPeer?
  /// The WebSocket that the session is to move to.
  var candidate: WebSocketPeer?
  var isMoving = false
  /// Whether polling rests because the WebSocket has proved itself.
  var isPollingPaused = false

  init(
    mode: MemoryMode, executor: IOExecutor, options: TestClientOptions, target: Target, handler: any EnginePeerHandler
  ) {
    self.mode = mode
    self.executor = executor
    self.options = options
    self.target = target
    self.handler = handler
    answersPings = options.answersPings
  }

  /// How the client is connected at the moment.
  var isOnWebSocket: Bool { webSocket != nil }

  /// Opens the session.
  func open() {
    if options.transport == .webSocket { openWebSocket() } else { poll() }
  }

  /// A connection to the server, with HTTP on it.
  func dial() throws(AsyncModeError) -> HTTPPeer {
    let connection = try mode.dial(target.address, ConnectionOptions(), on: executor)
    let peer = HTTPPeer(connection)
    connection.attach(peer)
    return peer
  }

  /// The target of a request of the session.
  func requestTarget(_ transport: String) -> String {
    var query = "EIO=\(options.revision.rawValue)&transport=\(transport)"
    if !sessionID.isEmpty { query += "&sid=\(sessionID)" }
    if options.isBase64 || options.isJSONP { query += "&b64=1" }
    if options.isJSONP, transport == "polling" {
      query += "&j=\(jsonpIndex)"
      jsonpIndex += 1
    }
    if !target.query.isEmpty { query += "&" + target.query }
    return "\(target.path)?\(query)"
  }

  // MARK: Packets in

  /// Takes a text packet: its type, then its content.
  func receive(text packet: [UInt8]) {
    guard let type = packet.first, state != .closed else { return }
    let content = packet.dropFirst()
    switch type {
    case UInt8(ascii: "0"): opened(Array(content))
    case UInt8(ascii: "1"): finish(.server(code: nil))
    case UInt8(ascii: "2") where options.revision == .v4:
      if answersPings { send(.text([UInt8(ascii: "3")] + content)) }
    case UInt8(ascii: "3"), UInt8(ascii: "6"): break
    case UInt8(ascii: "4"): handler.received(text: Array(content))
    case UInt8(ascii: "b"):
      let data = options.revision == .v3 ? content.dropFirst() : content
      guard let bytes = EngineIOPayload.decodeBase64(Array(data).span.bytes) else {
        return finish(.invalid("binary data is no base64"))
      }
      handler.received(binary: bytes)
    default: finish(.invalid("a packet begins with the byte \(type)"))
    }
  }

  /// Takes a binary message.
  func receive(binary: [UInt8]) {
    if state != .closed { handler.received(binary: binary) }
  }

  private func opened(_ json: [UInt8]) {
    guard state == .opening, let handshake = try? JSONText.parse(json.span.bytes),
      let id = handshake["sid"]?.stringValue, let interval = handshake["pingInterval"]?.intValue
    else { return finish(.invalid("the handshake is not valid: \(String(decoding: json, as: UTF8.self))")) }
    state = .open
    sessionID = id
    pingInterval = .milliseconds(interval)
    if options.revision == .v3 { heartbeat = executor.schedule(after: pingInterval, self) }
    let canUpgrade = handshake["upgrades"]?.arrayValue?.contains("websocket") == true
    handler.opened()
    if options.transport == .upgrade, canUpgrade, state == .open { probe() }
  }

  /// Revision 3: the client asks.
  func timerFired() {
    heartbeat = .none
    guard state == .open else { return }
    if answersPings, !hasVanished { send(.text([UInt8(ascii: "2")])) }
    heartbeat = executor.schedule(after: pingInterval, self)
  }

  // MARK: Packets out

  func send(_ packet: Packet) {
    guard state == .open, !hasVanished else { return }
    if let webSocket {
      webSocket.send(packet, options.revision, isBase64: options.isBase64)
    } else {
      outgoing.append(packet)
      post()
    }
  }

  // MARK: The end

  /// Says goodbye and closes.
  func close() {
    guard state != .closed else { return }
    send(.text([UInt8(ascii: "1")]))
    webSocket?.close()
    finish(.client)
  }

  /// The session is over.
  func finish(_ end: TestClientEnd) {
    guard state != .closed else { return }
    state = .closed
    executor.cancel(heartbeat)
    heartbeat = .none
    if !hasVanished {
      for peer in [pollPeer, postPeer] where peer?.isBusy == false { peer?.connection.close() }
      if !isPosting { pollPeer?.connection.close() }
      webSocket?.connection.close()
      candidate?.connection.close()
    }
    handler.closed(end)
  }

  // MARK: Misbehaving

  /// The connections of the client, whatever they are for.
  private var connections: [Connection] {
    [pollPeer?.connection, postPeer?.connection, webSocket?.connection, candidate?.connection].compactMap { $0 }
  }

  func setReading(_ isOn: Bool) {
    isReading = isOn
    for connection in connections {
      if isOn { connection.resumeReading() } else { connection.pauseReading() }
    }
    if isOn, state == .open, webSocket == nil { poll() }
  }

  func vanish() {
    hasVanished = true
    setReading(false)
  }

  /// Resets the connections.
  func reset() {
    let connections = connections
    state = .closed
    executor.cancel(heartbeat)
    for connection in connections { connection.abort() }
    handler.closed(.lost)
  }

  /// Sends bytes as they are over the connection of the session.
  func send(raw bytes: [UInt8]) -> Bool {
    guard let connection = (webSocket ?? candidate)?.connection ?? postPeer?.connection ?? pollPeer?.connection else {
      return false
    }
    return connection.write(bytes.span.bytes)
  }
}
