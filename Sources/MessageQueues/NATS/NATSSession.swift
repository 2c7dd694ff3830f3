internal import AsyncModes
internal import Foundation

/// A session with a NATS server: one connection for everything.
///
/// What was published is confirmed by a ping behind it: the server answers in order.
final class NATSSession: MessageQueueSession, @unchecked Sendable {
  // @unchecked: everything mutable is confined to `executor`.

  /// What the server says of itself.
  private struct Info: Decodable {
    var max_payload: Int?
    var tls_required: Bool?
    var tls_available: Bool?
    var auth_required: Bool?
  }

  /// What lets this program in. Headers are not asked for, so there are no messages with them.
  private struct Greeting: Encodable {
    var verbose = false
    var pedantic = false
    var lang = "swift"
    var version = "1"
    var echo = true
    var tls_required: Bool
    var user: String?
    var pass: String?
    var auth_token: String?
  }

  private let driver: NATSDriver
  private let executor: IOExecutor
  private var handler: (any MessageQueueSessionHandler)?
  private var connection: NATSConnection?
  /// Subscriptions by their number.
  private var channels: [String] = []
  private let subscriptions: [MessageQueueSubscription]
  private var isGreeted = false
  private var isOpen = false
  private var isFull = false
  private var maxPayloadBytes = 1 << 20
  /// For each ping that is not answered yet, how many payloads its answer confirms.
  private var barriers: [Int] = []
  private var published = 0
  private let probeSubject = "_INBOX.socketio-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
  private var awaitsProbe = false

  private static let probeSubscription = 0
  /// Payloads that may be on their way without a ping behind them having come back.
  private static let maxInFlight = 10_000

  init(
    _ driver: NATSDriver, _ subscriptions: [MessageQueueSubscription], _ executor: IOExecutor,
    _ handler: any MessageQueueSessionHandler
  ) {
    self.driver = driver
    self.executor = executor
    self.handler = handler
    self.subscriptions = subscriptions
  }

  // MARK: Opening

  func begin() {
    driver.mode.startTask(on: executor) { [self] in
      var failure = MessageQueueError(.connectFailed, "no NATS server is named")
      for host in driver.configuration.hosts {
        do throws(MessageQueueError) { return try await connect(to: host) } catch { failure = error }
      }
      executor.post { [failure] in self.lose(failure) }
    }
  }

  private func connect(to host: MessageQueueURL.Host) async throws(MessageQueueError) {
    try await driver.connector.connect(to: [host], on: executor) { connection in
      let nats = NATSConnection(connection)
      nats.onMessage = { [unowned self] in received($0, from: host.name) }
      nats.onEnd = { [unowned self] in lose($0) }
      nats.onDrained = { [unowned self] in resume() }
      self.executor.post { [box = Confined(nats)] in
        if self.handler == nil { box.value.close() }
      }
      if self.handler != nil { self.connection = nats }
      return nats
    }
  }

  private func received(_ message: NATSMessage, from host: String) -> Bool {
    switch message {
    case .info(let json): return isGreeted || greet(json, host)
    case .ping: connection?.send("PONG")
    case .pong: ponged()
    case .ok: break
    case .error(let text): failed(text)
    case .message(let subject, let subscription, let payload):
      if subscription == Self.probeSubscription {
        if subject == probeSubject { probeAnswered() }
      } else if subscription <= channels.count {
        handler?.received(payload.span.bytes, on: channels[subscription - 1])
      }
    case .oversized(_, let subscription, let bytes):
      if (1...max(1, channels.count)).contains(subscription), !channels.isEmpty {
        handler?.oversized(bytes, on: channels[subscription - 1])
      }
    }
    return true
  }

  /// The server has introduced itself.
  ///
  /// - Returns: whether it goes on as it was; `false` if TLS begins.
  private func greet(_ json: [UInt8], _ host: String) -> Bool {
    guard let connection, let info = try? JSONDecoder().decode(Info.self, from: Data(json)) else {
      lose(MessageQueueError(.malformed, "the NATS server introduced itself with what is no JSON"))
      return true
    }
    isGreeted = true
    maxPayloadBytes = info.max_payload ?? maxPayloadBytes
    let configuration = driver.configuration
    let usesTLS = configuration.requiresTLS || info.tls_required == true
    if usesTLS {
      guard info.tls_required == true || info.tls_available == true else {
        lose(MessageQueueError(.refused, "the NATS server speaks no TLS; with nats:// it is not asked for"))
        return true
      }
      do {
        try connection.connection.startTLS(try driver.tls(), serverName: host)
        connection.connection.whenSecured { [weak self] failure in
          guard let failure else { return }
          self?.lose(MessageQueueError(.connectFailed, "TLS with the NATS server \(host) failed: \(failure)"))
        }
      } catch {
        lose(MessageQueueError(.unavailable, "\(error)"))
        return true
      }
    }
    let greeting = Greeting(
      tls_required: usesTLS, user: configuration.user, pass: configuration.password, auth_token: configuration.token)
    let text = (try? JSONEncoder().encode(greeting)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    connection.send("CONNECT \(text)")
    for subscription in subscriptions { subscribe(to: subscription) }
    if !subscriptions.isEmpty { connection.send("SUB \(probeSubject) \(Self.probeSubscription)") }
    // Its answer says that all of it was taken.
    ping(confirming: 0)
    return !usesTLS
  }

  private func failed(_ text: String) {
    let lower = text.lowercased()
    if lower.hasPrefix("permissions violation for publish") {
      // It stands for one payload of those that the next ping would have confirmed.
      if let index = barriers.firstIndex(where: { $0 > 0 }) {
        barriers[index] -= 1
      } else if published > 0 {
        published -= 1
      }
      handler?.rejected(MessageQueueError(.refused, "the NATS server refuses a message: \(text)"))
    } else if lower.contains("authorization") || lower.contains("permissions") || lower.contains("authentication") {
      lose(MessageQueueError(.refused, "the NATS server does not let us in: \(text)"))
    } else {
      lose(MessageQueueError(.lost, "the NATS server ends the session: \(text)"))
    }
  }

  // MARK: Publishing

  func publish(_ payload: SharedBytes, on channel: String) -> Bool {
    guard let connection, connection.connection.isWritable,
      published + barriers.reduce(0, +) < Self.maxInFlight
    else {
      isFull = true
      return false
    }
    guard payload.count <= maxPayloadBytes else {
      let error = MessageQueueError(
        .payloadTooLarge, "a message has \(payload.count) bytes, but the NATS server takes \(maxPayloadBytes)")
      executor.post { [self] in handler?.rejected(error) }
      return true
    }
    connection.connection.write(SharedBytes(Array("PUB \(NATSSubject.encode(channel)) \(payload.count)\r\n".utf8)))
    connection.connection.write(payload)
    connection.connection.write("\r\n".utf8Span.span.bytes)
    published += 1
    // One ping for all payloads of a turn.
    if published == 1 {
      executor.post { [self] in
        guard handler != nil, published > 0 else { return }
        let count = published
        published = 0
        ping(confirming: count)
      }
    }
    return true
  }

  private func ping(confirming count: Int) {
    barriers.append(count)
    connection?.send("PING")
  }

  private func ponged() {
    guard !barriers.isEmpty else { return }
    let count = barriers.removeFirst()
    if !isOpen {
      isOpen = true
      handler?.opened()
    } else if count > 0 {
      handler?.confirmed(count)
      resume()
    } else if awaitsProbe, subscriptions.isEmpty {
      probeAnswered()
    }
  }

  private func resume() {
    guard isFull, connection?.connection.isWritable == true,
      published + barriers.reduce(0, +) < Self.maxInFlight / 2
    else { return }
    isFull = false
    handler?.drained()
  }

  // MARK: Subscribing and probing

  func subscribe(to subscription: MessageQueueSubscription) {
    guard !subscription.isPrefix else {
      executor.post { [self] in
        lose(
          MessageQueueError(
            .unsupported, "NATS cannot subscribe to \"\(subscription)\": only to whole channels"))
      }
      return
    }
    channels.append(subscription.name)
    connection?.send("SUB \(NATSSubject.encode(subscription.name)) \(channels.count)")
  }

  func probe() {
    awaitsProbe = true
    if subscriptions.isEmpty {
      ping(confirming: 0)
    } else {
      // It goes all the way round: through the server, and through the subscriptions of this session.
      connection?.send("PUB \(probeSubject) 0\r\n")
    }
  }

  private func probeAnswered() {
    guard awaitsProbe else { return }
    awaitsProbe = false
    handler?.probed()
  }

  // MARK: Ending

  private func lose(_ error: MessageQueueError) {
    guard let handler else { return }
    close()
    handler.lost(error)
  }

  func close() {
    handler = nil
    connection?.close()
    connection = nil
  }
}
