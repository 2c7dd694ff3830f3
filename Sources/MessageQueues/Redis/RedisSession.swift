internal import AsyncModes

/// A session with a Redis server: a connection that publishes, and one that receives if there are subscriptions.
final class RedisSession: MessageQueueSession, @unchecked Sendable {
  // @unchecked: everything mutable is confined to `executor`.

  /// What a reply on the publishing connection answers.
  private enum Question { case greeting, publish, probe, ping }

  private let driver: RedisDriver
  private let executor: IOExecutor
  private var handler: (any MessageQueueSessionHandler)?
  private var subscriber: RedisSubscriber?
  private var publisher: RedisConnection?
  private var questions: [Question] = []
  private var questionHead = 0
  private var greetingsLeft = 0
  private var isPublisherReady = false
  private var isFull = false
  private var isOpen = false
  private let needsSubscriber: Bool
  private let subscriptions: [MessageQueueSubscription]
  /// What both connections have to answer before a probe has come back.
  private var probesLeft = 0

  /// Payloads that may be on their way; the answers of the server come in the same order.
  private static let maxInFlight = 10_000

  init(
    _ driver: RedisDriver, _ subscriptions: [MessageQueueSubscription], _ executor: IOExecutor,
    _ handler: any MessageQueueSessionHandler
  ) {
    self.driver = driver
    self.executor = executor
    self.handler = handler
    self.subscriptions = subscriptions
    needsSubscriber = !subscriptions.isEmpty
  }

  // MARK: Opening

  func begin() {
    driver.mode.startTask(on: executor) { [self] in
      do throws(MessageQueueError) {
        var hosts = driver.configuration.hosts
        if driver.configuration.sentinelService != nil {
          hosts = [try await RedisSentinels(driver).server(on: executor)]
        }
        try await connect(hosts) { self.publisherConnected($0) }
        if needsSubscriber { try await connect(hosts) { self.subscriberConnected($0) } }
      } catch {
        executor.post { self.lose(error) }
      }
    }
  }

  private func connect(
    _ hosts: [MessageQueueURL.Host], _ body: @escaping @Sendable (RedisConnection) -> Void
  ) async throws(MessageQueueError) {
    let path = driver.configuration.socketPath
    try await driver.connector.connect(to: hosts, socketPath: path, on: executor) { connection in
      let redis = RedisConnection(connection)
      self.executor.post { [box = Confined(redis)] in
        if self.handler == nil { box.value.close() } else { body(box.value) }
      }
      return redis
    }
  }

  private func publisherConnected(_ connection: RedisConnection) {
    publisher = connection
    connection.onReply = { [unowned self] in answered($0) }
    connection.onEnd = { [unowned self] in lose($0) }
    connection.onDrained = { [unowned self] in resume() }
    var greeting = RedisConnection.greeting(driver.configuration)
    // A replica takes messages too, and they reach nobody elsewhere.
    greeting.append(["ROLE"])
    greetingsLeft = greeting.count
    for command in greeting {
      questions.append(.greeting)
      connection.send(command)
    }
  }

  private func subscriberConnected(_ connection: RedisConnection) {
    let subscriber = RedisSubscriber(connection, driver.configuration, subscriptions)
    self.subscriber = subscriber
    subscriber.onReady = { [unowned self] in openIfReady() }
    subscriber.onMessage = { [unowned self] in handler?.received($0.span.bytes, on: $1) }
    subscriber.onOversized = { [unowned self] in handler?.oversized($0, on: $1) }
    subscriber.onProbe = { [unowned self] in probeAnswered() }
    subscriber.onEnd = { [unowned self] in lose($0) }
    subscriber.begin()
  }

  private func openIfReady() {
    guard !isOpen, isPublisherReady, !needsSubscriber || subscriber?.isReady == true else { return }
    isOpen = true
    handler?.opened()
  }

  // MARK: Publishing

  func publish(_ payload: SharedBytes, on channel: String) -> Bool {
    guard let publisher, publisher.connection.isWritable, questions.count - questionHead < Self.maxInFlight else {
      isFull = true
      return false
    }
    publisher.connection.write(SharedBytes(RESPCommand.publishHead(channel, payload)))
    publisher.connection.write(payload)
    publisher.connection.write(RESPCommand.end)
    questions.append(.publish)
    return true
  }

  private func resume() {
    guard isFull, publisher?.connection.isWritable == true, questions.count - questionHead < Self.maxInFlight / 2 else {
      return
    }
    isFull = false
    handler?.drained()
  }

  private func answered(_ reply: RESPValue) {
    if case .push = reply { return }
    guard questionHead < questions.count else {
      return lose(MessageQueueError(.malformed, "the Redis server answered what it was not asked"))
    }
    let question = questions[questionHead]
    questionHead += 1
    if questionHead == questions.count {
      questions.removeAll(keepingCapacity: true)
      questionHead = 0
    } else if questionHead >= 4096 {
      questions.removeFirst(questionHead)
      questionHead = 0
    }
    switch (question, reply) {
    case (.greeting, .error(let text)) where !text.contains("ROLE") && !text.hasPrefix("ERR unknown command"):
      // Who may not ask for the role is believed to have named the right server.
      if text.hasPrefix("NOPERM"), greetingsLeft == 1 { return greeted() }
      lose(MessageQueueError(.refused, "the Redis server does not let us in: \(text)"))
    case (.greeting, .array(let role)) where role.first?.text == "slave":
      lose(MessageQueueError(.refused, "the Redis server is a replica; name its primary, or its Sentinels"))
    case (.greeting, _): greeted()
    case (.publish, .error(let text)):
      // A server that is still loading, or has become a replica, will not take the next one either.
      if text.hasPrefix("LOADING") || text.hasPrefix("READONLY") || text.hasPrefix("MASTERDOWN") {
        return lose(MessageQueueError(.lost, "the Redis server does not serve: \(text)"))
      }
      handler?.rejected(MessageQueueError(.refused, "the Redis server refuses a message: \(text)"))
    case (.publish, _):
      handler?.confirmed(1)
      resume()
    case (.probe, .error): subscriber?.probeByPing()
    case (.probe, _), (.ping, _): probeAnswered()
    }
  }

  private func greeted() {
    greetingsLeft -= 1
    guard greetingsLeft == 0 else { return }
    isPublisherReady = true
    openIfReady()
  }

  // MARK: Subscribing and probing

  func subscribe(to subscription: MessageQueueSubscription) { subscriber?.subscribe(to: subscription) }

  func probe() {
    guard let publisher else { return }
    guard let subscriber else {
      probesLeft = 1
      questions.append(.ping)
      return publisher.send(["PING"])
    }
    // The message goes all the way round: it proves both connections, the server, and the subscription.
    probesLeft = 2
    if let channel = subscriber.probeChannel {
      questions.append(.probe)
      publisher.send(["PUBLISH", channel, "probe"])
    } else {
      questions.append(.ping)
      publisher.send(["PING"])
      subscriber.ping()
    }
  }

  private func probeAnswered() {
    probesLeft -= 1
    if probesLeft == 0 { handler?.probed() }
  }

  // MARK: Ending

  private func lose(_ error: MessageQueueError) {
    guard let handler else { return }
    close()
    handler.lost(error)
  }

  func close() {
    handler = nil
    publisher?.close()
    subscriber?.close()
    (publisher, subscriber) = (nil, nil)
  }
}
