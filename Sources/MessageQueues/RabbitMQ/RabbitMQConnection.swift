#if RabbitMQ
  internal import CRabbitMQ

  /// One connection to a RabbitMQ server.
  final class RabbitMQConnection: LibraryConnection {
    private let configuration: RabbitMQConfiguration
    private var connection: OpaquePointer?
    /// Exchanges that exist, and whether their messages come here.
    private var exchanges: [String: Bool] = [:]
    private var tags = ConfirmedTags()

    /// For connecting, for answers, and between heartbeats, in seconds.
    private static let timeout: Int32 = 5
    private static let maxQueueBytes = 64 << 20

    init(_ configuration: RabbitMQConfiguration) { self.configuration = configuration }

    func open(_ subscriptions: [MessageQueueSubscription]) throws(MessageQueueError) {
      var failure = MessageQueueError(.connectFailed, "no RabbitMQ server is named")
      for host in configuration.hosts {
        let opened = connect(to: host)
        let text = String(cString: crabbitmq_error(opened))
        if text.isEmpty {
          connection = opened
          for subscription in subscriptions { try subscribe(to: subscription) }
          return
        }
        crabbitmq_close(opened)
        failure = MessageQueueError(.connectFailed, "RabbitMQ at \(host.name):\(host.port ?? 0): \(text)")
      }
      throw failure
    }

    private func connect(to host: MessageQueueURL.Host) -> OpaquePointer {
      let queue =
        "socketio.\(String(UInt64.random(in: 0 ... .max), radix: 36))\(String(UInt64.random(in: 0 ... .max), radix: 36))"
      return withTexts([
        host.name, configuration.virtualHost, configuration.user, configuration.password,
        configuration.authoritiesFile ?? "",
      ]) { texts in
        var settings = crabbitmq_settings(
          host: texts[0], virtual_host: texts[1], user: texts[2], password: texts[3],
          authorities: configuration.authoritiesFile == nil ? nil : texts[4], port: Int32(host.port ?? 5672),
          timeout: Self.timeout)
        return crabbitmq_open(&settings, queue, Self.maxQueueBytes)
      }
    }

    /// Calls a closure with texts as C has them.
    private func withTexts<Result>(_ texts: [String], _ body: ([UnsafePointer<CChar>]) -> Result) -> Result {
      let arrays = texts.map { Array($0.utf8CString) }
      func next(_ index: Int, _ pointers: [UnsafePointer<CChar>]) -> Result {
        guard index < arrays.count else { return body(pointers) }
        return arrays[index].withUnsafeBufferPointer { text in
          // A text of C has at least its end.
          next(index + 1, pointers + (text.baseAddress.map { [$0] } ?? []))
        }
      }
      return next(0, [])
    }

    private func check(_ result: Int32) throws(MessageQueueError) {
      guard result != 0, let connection else { return }
      throw MessageQueueError(.lost, "RabbitMQ: \(String(cString: crabbitmq_error(connection)))")
    }

    private func declare(_ exchange: String, isBound: Bool) throws(MessageQueueError) {
      guard let connection else { return }
      guard !exchange.isEmpty, exchange.utf8.count <= 127, !exchange.hasPrefix("amq.") else {
        throw MessageQueueError(
          .unsupported, "RabbitMQ cannot have a channel \"\(exchange)\": 1 to 127 bytes, and not beginning with amq.")
      }
      if let known = exchanges[exchange], known || !isBound { return }
      try check(crabbitmq_declare(connection, exchange, isBound ? 1 : 0))
      exchanges[exchange] = isBound
    }

    func subscribe(to subscription: MessageQueueSubscription) throws(MessageQueueError) {
      guard !subscription.isPrefix else {
        throw MessageQueueError(.unsupported, "RabbitMQ cannot subscribe to all channels that begin with a text")
      }
      try declare(subscription.name, isBound: true)
    }

    var descriptor: Int32 { connection.map { crabbitmq_descriptor($0) } ?? -1 }

    func publish(_ payload: UnsafeRawBufferPointer, on channel: String) throws(MessageQueueError) {
      guard let connection else { return }
      try declare(channel, isBound: false)
      tags.published()
      try check(crabbitmq_publish(connection, channel, payload.baseAddress, payload.count))
    }

    /// A message through the own queue and back.
    func probe() throws(MessageQueueError) {
      guard let connection else { return }
      tags.skipped()
      try check(crabbitmq_publish(connection, "", nil, 0))
    }

    func receive(_ report: (LibraryReport) -> Void) throws(MessageQueueError) {
      guard let connection else { return }
      for _ in 0..<256 {
        let event = crabbitmq_next(connection)
        switch event.kind {
        case CRABBITMQ_MESSAGE:
          let exchange = UnsafeRawBufferPointer(start: event.exchange, count: event.exchange_count)
          if exchange.isEmpty {
            report(.probed)
          } else {
            report(
              .message(
                Array(UnsafeRawBufferPointer(start: event.bytes, count: event.count)),
                channel: String(decoding: exchange, as: UTF8.self)))
          }
        case CRABBITMQ_CONFIRMED:
          let count = tags.settle(event.tag, isMultiple: event.is_multiple != 0)
          if count > 0 { report(.confirmed(count)) }
        case CRABBITMQ_REJECTED:
          for _ in 0..<tags.settle(event.tag, isMultiple: event.is_multiple != 0) {
            report(.rejected(MessageQueueError(.refused, "RabbitMQ has not taken a message")))
          }
        case CRABBITMQ_LOST: try check(-1)
        default: return
        }
      }
    }

    func close() {
      if let connection { crabbitmq_close(connection) }
      connection = nil
    }
  }
#endif

/// Counts what publisher confirms stand for: they come one by one in any order, or for all before them.
struct ConfirmedTags {
  /// Every tag up to here is settled.
  private var base: UInt64 = 0
  private var next: UInt64 = 1
  /// Tags above `base` that are settled, and those that nobody waits for.
  private var settled: Set<UInt64> = []
  private var silent: Set<UInt64> = []

  /// A payload goes out whose confirmation counts.
  mutating func published() { next += 1 }

  /// Something goes out whose confirmation does not.
  mutating func skipped() {
    silent.insert(next)
    next += 1
  }

  /// A confirmation has come.
  ///
  /// - Returns: how many payloads it stands for.
  mutating func settle(_ tag: UInt64, isMultiple: Bool) -> Int {
    guard tag > base, tag < next else { return 0 }
    var count = 0
    for tag in (isMultiple ? base + 1 : tag)...tag where settled.insert(tag).inserted {
      if silent.remove(tag) == nil { count += 1 }
    }
    while settled.remove(base + 1) != nil { base += 1 }
    return count
  }
}
