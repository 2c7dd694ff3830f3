#if Kafka
  internal import AsyncModes
  internal import CKafka

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// A producer and, if something is subscribed to, a consumer.
  final class KafkaConnection: LibraryConnection {
    private let configuration: KafkaConfiguration
    // The driver is only made when the library is there.
    // swift-format-ignore: NeverForceUnwrap
    private let library = ckafka_load()!.pointee
    private var producer: OpaquePointer?
    private var consumer: OpaquePointer?
    /// Where reports of the producer, and errors of both, come.
    private var events: [OpaquePointer] = []
    /// Where messages come.
    private var messages: OpaquePointer?
    /// Topics by their names, of the producer and of the consumer.
    private var written: [String: OpaquePointer] = [:]
    private var read: [String: OpaquePointer] = [:]
    private var partitions: [Partition: Progress] = [:]
    private let key = Array("socketio-\(String(UInt64.random(in: 0 ... .max), radix: 36))".utf8)
    /// Written by the library when something has come.
    private let pipe = WakePipe()
    var descriptor: Int32 { pipe.readEnd }
    private var isProbing = false

    private struct Partition: Hashable {
      let topic: String
      let index: Int32
    }
    private struct Progress {
      /// The offset that is read next.
      var next: Int64
      /// How far a probe wants it to be.
      var wanted: Int64
    }

    /// How long brokers may take for an answer, in milliseconds.
    private static let patience: Int32 = 4000
    private static let messagesPerCall = 256
    /// What is larger is neither sent nor fetched as one message.
    private static let maxMessageBytes = 16 << 20

    init(_ configuration: KafkaConfiguration) { self.configuration = configuration }

    private var name: String { "Kafka at \(configuration.name)" }

    // MARK: Opening

    /// Whether librdkafka takes the properties.
    static func check(_ configuration: KafkaConfiguration) throws(MessageQueueError) {
      let connection = KafkaConnection(configuration)
      defer { connection.close() }
      connection.library.rd_kafka_conf_destroy(try connection.properties(own: [:]))
    }

    private func properties(own: [String: String]) throws(MessageQueueError) -> OpaquePointer? {
      let conf = library.rd_kafka_conf_new()
      var text = [CChar](repeating: 0, count: 512)
      var all = own
      for (name, value) in configuration.properties { all[name] = value }
      for (name, value) in all {
        guard library.rd_kafka_conf_set(conf, name, value, &text, text.count) == RD_KAFKA_CONF_OK else {
          library.rd_kafka_conf_destroy(conf)
          throw MessageQueueError(.invalidURL, "\(name) of \(configuration.name): \(Self.string(text))")
        }
      }
      return conf
    }

    private static func string(_ text: [CChar]) -> String {
      String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func make(_ type: rd_kafka_type_t, _ own: [String: String]) throws(MessageQueueError) -> OpaquePointer {
      let conf = try properties(own: own.merging(["log_level": "0"]) { first, _ in first })
      library.rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR)
      var text = [CChar](repeating: 0, count: 512)
      guard let made = library.rd_kafka_new(type, conf, &text, text.count) else {
        library.rd_kafka_conf_destroy(conf)
        throw MessageQueueError(.connectFailed, "\(name): \(Self.string(text))")
      }
      if let queue = library.rd_kafka_queue_get_main(made) {
        events.append(queue)
        announce(queue)
      }
      return made
    }

    private func announce(_ queue: OpaquePointer?) {
      library.rd_kafka_queue_io_event_enable(queue, pipe.writeEnd, "1", 1)
    }

    func open(_ subscriptions: [MessageQueueSubscription]) throws(MessageQueueError) {
      guard pipe.isUsable else { throw MessageQueueError(.unavailable, "the system gives no descriptor") }
      let producer = try make(
        RD_KAFKA_PRODUCER,
        [
          "linger.ms": "0", "message.timeout.ms": "10000", "message.max.bytes": "\(Self.maxMessageBytes)",
          "queue.buffering.max.messages": "100000", "queue.buffering.max.kbytes": "65536",
        ])
      self.producer = producer
      // There is no connection to speak of before something is asked.
      var metadata: UnsafePointer<rd_kafka_metadata>?
      let error = library.rd_kafka_metadata(producer, 0, nil, &metadata, Self.patience)
      guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw failure(.connectFailed, error) }
      library.rd_kafka_metadata_destroy(metadata)
      guard !subscriptions.isEmpty else { return }
      consumer = try make(
        RD_KAFKA_CONSUMER,
        [
          "enable.auto.commit": "false", "enable.partition.eof": "true", "allow.auto.create.topics": "true",
          "fetch.message.max.bytes": "\(Self.maxMessageBytes)", "queued.max.messages.kbytes": "16384",
          "fetch.error.backoff.ms": "50", "fetch.wait.max.ms": "100",
        ])
      messages = library.rd_kafka_queue_new(consumer)
      announce(messages)
      for subscription in subscriptions { try subscribe(to: subscription) }
    }

    private func failure(_ code: MessageQueueError.Code, _ error: rd_kafka_resp_err_t) -> MessageQueueError {
      MessageQueueError(code, "\(name): \(library.rd_kafka_err2str(error).map { String(cString: $0) } ?? "")")
    }

    func subscribe(to subscription: MessageQueueSubscription) throws(MessageQueueError) {
      guard !subscription.isPrefix else {
        throw MessageQueueError(.unsupported, "Kafka cannot subscribe to all channels that begin with a text")
      }
      guard read[subscription.name] == nil else { return }
      guard consumer != nil else {
        throw MessageQueueError(.unsupported, "a session with Kafka that only publishes cannot subscribe later")
      }
      try check(subscription.name)
      guard let topic = library.rd_kafka_topic_new(consumer, subscription.name, nil) else {
        throw failure(.connectFailed, library.rd_kafka_last_error())
      }
      read[subscription.name] = topic
      try startPartitions(of: subscription.name)
    }

    /// What Kafka allows as the name of a topic.
    private func check(_ topic: String) throws(MessageQueueError) {
      let isValid = topic.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
      guard isValid, 1...249 ~= topic.utf8.count, topic != ".", topic != ".." else {
        throw MessageQueueError(
          .unsupported,
          "Kafka cannot have a channel \"\(topic)\": 1 to 249 letters, digits, full stops, underscores and hyphens")
      }
    }

    /// A topic as the producer knows it.
    private func known(_ topic: String) -> OpaquePointer? {
      if written[topic] == nil { written[topic] = library.rd_kafka_topic_new(producer, topic, nil) }
      return written[topic]
    }

    /// Begins to read the partitions of a topic that are not read yet, at their end.
    private func startPartitions(of topic: String) throws(MessageQueueError) {
      for index in 0..<(try partitionCount(of: topic)) {
        let partition = Partition(topic: topic, index: index)
        guard partitions[partition] == nil else { continue }
        let end = try end(of: partition)
        guard library.rd_kafka_consume_start_queue(read[topic], index, end, messages) == 0 else {
          throw failure(.connectFailed, library.rd_kafka_last_error())
        }
        partitions[partition] = Progress(next: end, wanted: end)
      }
    }

    /// Asks for the number of partitions; a topic that is only being made gets some time for it.
    private func partitionCount(of topic: String) throws(MessageQueueError) -> Int32 {
      let limit = ContinuousClock.now.advanced(by: .milliseconds(Int(Self.patience)))
      while true {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        var error = library.rd_kafka_metadata(producer, 0, known(topic), &metadata, Self.patience)
        if error == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata, metadata.pointee.topic_cnt == 1 {
          defer { library.rd_kafka_metadata_destroy(metadata) }
          let topic = metadata.pointee.topics[0]
          if topic.err == RD_KAFKA_RESP_ERR_NO_ERROR, topic.partition_cnt > 0 { return topic.partition_cnt }
          error = topic.err
        }
        guard ContinuousClock.now < limit else { throw failure(.connectFailed, error) }
        usleep(50_000)
      }
    }

    /// Asks for the offset that the next message of a partition will have. The producer asks: the consumer's connections
    /// are busy with waiting for messages.
    private func end(of partition: Partition) throws(MessageQueueError) -> Int64 {
      let limit = ContinuousClock.now.advanced(by: .milliseconds(Int(Self.patience)))
      while true {
        var (low, high): (Int64, Int64) = (0, 0)
        let error = library.rd_kafka_query_watermark_offsets(
          producer, partition.topic, partition.index, &low, &high, Self.patience)
        if error == RD_KAFKA_RESP_ERR_NO_ERROR { return high }
        guard ContinuousClock.now < limit else { throw failure(.timedOut, error) }
        usleep(50_000)
      }
    }

    // MARK: Publishing

    func publish(_ payload: UnsafeRawBufferPointer, on channel: String) throws(MessageQueueError) {
      if written[channel] == nil { try check(channel) }
      let topic = known(channel)
      while true {
        let result = library.rd_kafka_produce(
          topic, RD_KAFKA_PARTITION_UA, Int32(RD_KAFKA_MSG_F_COPY),
          UnsafeMutableRawPointer(mutating: payload.baseAddress), payload.count, key, key.count, nil)
        if result == 0 { return }
        let error = library.rd_kafka_last_error()
        if error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE {
          rejected.append(failure(.refused, error))
          return
        }
        guard error == RD_KAFKA_RESP_ERR__QUEUE_FULL else { throw failure(.lost, error) }
        // The brokers do not keep up; their answers make room.
        try collectEvents()
        usleep(1000)
      }
    }

    func probe() throws(MessageQueueError) {
      guard consumer != nil else {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let error = library.rd_kafka_metadata(producer, 0, nil, &metadata, Self.patience)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw failure(.timedOut, error) }
        library.rd_kafka_metadata_destroy(metadata)
        isProbing = true
        return
      }
      // Partitions that somebody has added meanwhile are read from now on, too.
      for topic in read.keys { try startPartitions(of: topic) }
      for partition in Array(partitions.keys) { partitions[partition]?.wanted = try end(of: partition) }
      isProbing = true
    }

    // MARK: Receiving

    private var confirmed = 0
    private var rejected: [MessageQueueError] = []

    func receive(_ report: (LibraryReport) -> Void) throws(MessageQueueError) {
      pipe.drain()
      try collectEvents()
      if confirmed > 0 { report(.confirmed(confirmed)) }
      confirmed = 0
      for error in rejected { report(.rejected(error)) }
      rejected = []
      if let messages {
        for _ in 0..<Self.messagesPerCall {
          guard let message = library.rd_kafka_consume_queue(messages, 0) else { break }
          defer { library.rd_kafka_message_destroy(message) }
          try take(message.pointee, report)
        }
      }
      if isProbing, partitions.values.allSatisfy({ $0.next >= $0.wanted }) {
        isProbing = false
        report(.probed)
      }
    }

    private func take(
      _ message: rd_kafka_message_t, _ report: (LibraryReport) -> Void
    ) throws(MessageQueueError) {
      guard let topic = read.first(where: { $0.value == message.rkt })?.key else { return }
      let partition = Partition(topic: topic, index: message.partition)
      switch message.err {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
        partitions[partition]?.next = message.offset + 1
        report(
          .message(Array(UnsafeRawBufferPointer(start: message.payload, count: message.len)), channel: topic))
      case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        if let next = partitions[partition]?.next { partitions[partition]?.next = max(next, message.offset) }
      default: throw failure(.lost, message.err)
      }
    }

    /// Takes reports of what was delivered, and errors.
    private func collectEvents() throws(MessageQueueError) {
      for queue in events {
        while let event = library.rd_kafka_queue_poll(queue, 0) {
          defer { library.rd_kafka_event_destroy(event) }
          if library.rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR {
            while let message = library.rd_kafka_event_message_next(event) {
              if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                confirmed += 1
              } else {
                rejected.append(failure(.refused, message.pointee.err))
              }
            }
          } else if library.rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN {
            throw failure(.lost, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
          }
        }
      }
    }

    func close() {
      for topic in read {
        for partition in partitions.keys where partition.topic == topic.key {
          _ = library.rd_kafka_consume_stop(topic.value, partition.index)
        }
      }
      for topic in Array(read.values) + Array(written.values) { library.rd_kafka_topic_destroy(topic) }
      (read, written, partitions) = ([:], [:], [:])
      if let messages { library.rd_kafka_queue_destroy(messages) }
      for queue in events { library.rd_kafka_queue_destroy(queue) }
      (messages, events) = (nil, [])
      if let consumer { library.rd_kafka_destroy(consumer) }
      if let producer { library.rd_kafka_destroy(producer) }
      (consumer, producer) = (nil, nil)
    }
  }
#endif
