internal import AsyncModes

/// The connection of a session that receives. Confined to its executor.
final class RedisSubscriber {
  private enum Step { case greeting, subscription, probe }

  private let connection: RedisConnection
  private let greeting: [[String]]
  private var subscriptions: [MessageQueueSubscription]
  /// What the server has to answer before the connection is ready.
  private var steps: [Step] = []
  /// The names of channels that have been heard of, so that a message makes no new text.
  private var names: [[UInt8]: String] = [:]
  /// The channel of probes; `nil` if the server does not let us use one.
  private(set) var probeChannel: String?
  private(set) var isReady = false

  var onReady: (() -> Void)?
  var onMessage: (([UInt8], String) -> Void)?
  var onOversized: ((Int, String) -> Void)?
  var onProbe: (() -> Void)?
  var onEnd: ((MessageQueueError) -> Void)?

  init(
    _ connection: RedisConnection, _ configuration: RedisConfiguration, _ subscriptions: [MessageQueueSubscription]
  ) {
    self.connection = connection
    self.subscriptions = subscriptions
    greeting = RedisConnection.greeting(configuration)
  }

  func begin() {
    connection.onReply = { [unowned self] in answered($0) }
    connection.onEnd = { [unowned self] in onEnd?($0) }
    for command in greeting {
      steps.append(.greeting)
      connection.send(command)
    }
    for subscription in subscriptions { send(subscription) }
    let channel = "socketio-probe-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    probeChannel = channel
    steps.append(.probe)
    connection.send(["SUBSCRIBE", channel])
  }

  func subscribe(to subscription: MessageQueueSubscription) {
    subscriptions.append(subscription)
    send(subscription)
  }

  private func send(_ subscription: MessageQueueSubscription) {
    steps.append(.subscription)
    if subscription.isPrefix {
      connection.send(["PSUBSCRIBE", RESPCommand.pattern(prefix: subscription.name)])
    } else {
      names[Array(subscription.name.utf8)] = subscription.name
      connection.send(["SUBSCRIBE", subscription.name])
    }
  }

  func ping() { connection.send(["PING"]) }

  /// The server does not let us publish probes: from now on the connection itself is asked.
  func probeByPing() {
    probeChannel = nil
    ping()
    onProbe?()
  }

  private func answered(_ reply: RESPValue) {
    switch reply {
    case .error(let text): refused(text)
    case .array(let values), .push(let values): heard(values)
    case .simple("PONG"): onProbe?()
    default: if steps.first == .greeting { next() }
    }
  }

  private func refused(_ text: String) {
    switch steps.first {
    case .probe:
      probeChannel = nil
      next()
    case .greeting: fail("the Redis server does not let us in: \(text)")
    default: fail("the Redis server does not let us subscribe: \(text)")
    }
  }

  private func fail(_ message: String) {
    let onEnd = onEnd
    close()
    onEnd?(MessageQueueError(.refused, message))
  }

  private func heard(_ values: [RESPValue]) {
    guard let kind = values.first?.text else { return }
    switch kind {
    case "message" where values.count == 3: message(values[1], values[2])
    case "pmessage" where values.count == 4: message(values[2], values[3])
    case "subscribe", "psubscribe": next()
    case "pong": onProbe?()
    default: break
    }
  }

  private func message(_ channel: RESPValue, _ payload: RESPValue) {
    guard case .bulk(let bytes) = channel else { return }
    let name = names[bytes] ?? String(decoding: bytes, as: UTF8.self)
    switch payload {
    case .bulk(let content): if name == probeChannel { onProbe?() } else { onMessage?(content, name) }
    case .oversized(let count): onOversized?(count, name)
    default: break
    }
  }

  private func next() {
    guard !steps.isEmpty else { return }
    steps.removeFirst()
    guard steps.isEmpty, !isReady else { return }
    isReady = true
    onReady?()
  }

  func close() {
    (onReady, onMessage, onOversized, onProbe, onEnd) = (nil, nil, nil, nil, nil)
    connection.close()
  }
}
