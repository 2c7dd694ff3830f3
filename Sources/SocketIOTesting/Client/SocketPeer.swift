internal import AsyncModes
internal import EngineIOCodec
internal import SocketIOCodec
internal import SocketIOServer

/// The client's side of Socket.IO: namespaces, events and acknowledgements. Confined to its executor.
final class SocketPeer: EnginePeerHandler, @unchecked Sendable {
  // @unchecked: confined to `executor`.

  typealias Reply = @Sendable (Arguments) -> Arguments

  /// A namespace that was asked for.
  struct Joined {
    var isConnected = false
    var socketID: String?
    var answer: Answer<Void>?
  }

  let mode: MemoryMode
  let executor: IOExecutor
  let options: TestClientOptions
  private(set) var engine: EnginePeer?
  private var isOpen = false
  private(set) var end: TestClientEnd?
  private var namespaces: [String: Joined] = [:]
  private var early: [(namespace: String, auth: SocketValue?, query: String)] = []
  private var received: [String: [ReceivedEvent]] = [:]
  private var replies: [Int64: (namespace: String, answer: Answer<Arguments>)] = [:]
  private var nextID: Int64 = 0
  var answers: [String: Reply] = [:]
  private var assembler: SocketIOAssembler?
  private let decoder: SocketIOPacketDecoder

  var version: SocketIOProtocol { options.revision == .v4 ? .v5 : .v4 }

  init(mode: MemoryMode, executor: IOExecutor, options: TestClientOptions) {
    self.mode = mode
    self.executor = executor
    self.options = options
    decoder = SocketIOPacketDecoder(options.revision == .v4 ? .v5 : .v4)
  }

  // MARK: Connecting

  /// Joins a namespace, over a connection that is opened first if there is none.
  func connect(_ namespace: String, _ auth: SocketValue?, _ query: String, _ target: EnginePeer.Target) -> Answer<Void>
  {
    let answer = Answer<Void>()
    namespaces[namespace] = Joined(answer: answer)
    guard engine == nil else {
      join(namespace, auth, query)
      return answer
    }
    early.append((namespace, auth, query))
    open(target)
    return answer
  }

  /// Opens the connection.
  func open(_ target: EnginePeer.Target) {
    end = nil
    let engine = EnginePeer(mode: mode, executor: executor, options: options, target: target, handler: self)
    self.engine = engine
    engine.open()
  }

  func opened() {
    isOpen = true
    let joins = early
    early = []
    for join in joins { self.join(join.namespace, join.auth, join.query) }
  }

  private func join(_ namespace: String, _ auth: SocketValue?, _ query: String) {
    guard isOpen else { return early.append((namespace, auth, query)) }
    // Old servers let everybody into `/` by themselves.
    if version == .v4, namespace == "/" { return }
    var name = namespace
    if version == .v4, !query.isEmpty { name += "?" + query }
    var packet = "40"
    if namespace != "/" { packet += name + (version == .v5 ? "," : "") }
    if let auth, version == .v5 { packet += "\(auth)" }
    engine?.send(.text(Array(packet.utf8)))
  }

  func isConnected(_ namespace: String) -> Bool { namespaces[namespace]?.isConnected == true }

  func socketID(_ namespace: String) -> String? {
    guard isConnected(namespace) else { return nil }
    // In protocol 4 the server tells no id of its own for a namespace.
    return namespaces[namespace]?.socketID
  }

  // MARK: Sending

  func emit(_ event: String, _ values: [SocketValue], _ namespace: String, _ answer: Answer<Arguments>?) -> Bool {
    guard isConnected(namespace) else { return false }
    var id: Int64?
    if let answer {
      id = nextID
      replies[nextID] = (namespace, answer)
      nextID += 1
    }
    var packet = [UInt8(ascii: "4")]
    let attachments = SocketIOPacketEncoder.appendEvent(event, values, namespace: namespace, id: id, to: &packet)
    send(packet, attachments)
    return true
  }

  func acknowledge(_ id: Int64, _ values: [SocketValue], _ namespace: String) {
    var packet = [UInt8(ascii: "4")]
    let attachments = SocketIOPacketEncoder.appendAck(values, namespace: namespace, id: id, to: &packet)
    send(packet, attachments)
  }

  private func send(_ packet: [UInt8], _ attachments: [[UInt8]]) {
    engine?.send(.text(packet))
    for attachment in attachments { engine?.send(.binary(attachment)) }
  }

  func disconnect(_ namespace: String) {
    var packet = [UInt8(ascii: "4")]
    SocketIOPacketEncoder.appendDisconnect(namespace: namespace, to: &packet)
    engine?.send(.text(packet))
    left(namespace)
  }

  // MARK: Receiving

  func takeReceived(_ namespace: String) -> [ReceivedEvent] { received.removeValue(forKey: namespace) ?? [] }

  func received(text: [UInt8]) {
    if text.first == UInt8(ascii: "4") { return refused(text) }
    let head: SocketIOPacketHead
    do throws(SocketIOPacketError) { head = try decoder.decode(text.span.bytes) } catch {
      engine?.finish(.invalid("\(error): \(String(decoding: text, as: UTF8.self))"))
      return
    }
    if head.attachmentCount > 0 {
      assembler = SocketIOAssembler()
      assembler?.begin(head, text.span.bytes)
    } else {
      take(head, text, [])
    }
  }

  func received(binary: [UInt8]) {
    do throws(SocketIOPacketError) {
      guard let packet = try assembler?.receive(binary.span.bytes) else { return }
      assembler = nil
      take(packet.head, packet.text, packet.attachments)
    } catch {
      engine?.finish(.invalid("\(error)"))
    }
  }

  private func take(_ head: SocketIOPacketHead, _ text: [UInt8], _ attachments: [[UInt8]]) {
    let namespace = head.namespace.map { String(decoding: text[$0], as: UTF8.self) } ?? "/"
    switch head.type {
    case .connect: connected(namespace, payload(head, text))
    case .connectError: break
    case .disconnect: left(namespace)
    case .event, .binaryEvent, .ack, .binaryAck:
      do throws(JSONError) {
        let values = try JSONText.parseElements(
          text.span.bytes.extracting(head.arguments), attachments: attachments)
        if head.type == .ack || head.type == .binaryAck {
          if let id = head.id { replies.removeValue(forKey: id)?.answer.resolve(.success(Arguments(values))) }
        } else {
          happened(decoder.eventName(of: head, in: text.span.bytes), Arguments(values), namespace, head.id)
        }
      } catch {
        engine?.finish(.invalid("\(error)"))
      }
    }
  }

  private func payload(_ head: SocketIOPacketHead, _ text: [UInt8]) -> SocketValue {
    guard let range = head.payload else { return .null }
    return (try? JSONText.parse(text.span.bytes.extracting(range))) ?? .null
  }

  private func happened(_ event: String, _ arguments: Arguments, _ namespace: String, _ id: Int64?) {
    received[namespace, default: []].append(
      ReceivedEvent(name: event, arguments: arguments, namespace: namespace, id: id))
    if let id, let reply = answers[event] { acknowledge(id, reply(arguments).values, namespace) }
  }

  private func connected(_ namespace: String, _ payload: SocketValue) {
    var joined = namespaces[namespace] ?? Joined()
    joined.isConnected = true
    joined.socketID = payload["sid"]?.stringValue
    let answer = joined.answer
    joined.answer = nil
    namespaces[namespace] = joined
    answer?.resolve(.success(()))
  }

  /// Takes a CONNECT_ERROR, which the decoder of the server knows nothing of.
  private func refused(_ packet: [UInt8]) {
    var namespace = "/"
    var json = packet.dropFirst()
    if json.first == UInt8(ascii: "/") {
      let end = json.firstIndex(of: UInt8(ascii: ",")) ?? json.endIndex
      namespace = String(decoding: json[..<end], as: UTF8.self)
      json = json[end...].dropFirst()
    }
    let payload = (try? JSONText.parse(Array(json).span.bytes)) ?? .null
    let refusal: ConnectionRefused
    if version == .v5 {
      refusal = ConnectionRefused(payload["message"]?.stringValue ?? "", data: payload["data"])
    } else if case .string(let message) = payload {
      refusal = ConnectionRefused(message)
    } else {
      refusal = ConnectionRefused("", data: payload)
    }
    namespaces.removeValue(forKey: namespace)?.answer?.resolve(.failure(refusal))
  }

  private func left(_ namespace: String) {
    let error = TestClientError(.closed, "the client left \(namespace) before the answer came")
    namespaces.removeValue(forKey: namespace)?.answer?.resolve(.failure(error))
    for (id, reply) in replies where reply.namespace == namespace {
      replies[id] = nil
      reply.answer.resolve(.failure(error))
    }
  }

  func closed(_ end: TestClientEnd) {
    isOpen = false
    engine = nil
    early = []
    assembler = nil
    self.end = end
    let error = TestClientError(.closed, "the connection ended before the answer came: \(end)")
    for namespace in Array(namespaces.keys) {
      namespaces.removeValue(forKey: namespace)?.answer?.resolve(.failure(error))
    }
    let replies = replies
    self.replies = [:]
    for reply in replies.values { reply.answer.resolve(.failure(error)) }
  }
}
