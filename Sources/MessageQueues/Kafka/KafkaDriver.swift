public import AsyncModes

#if Kafka
  internal import CKafka
#endif

/// The driver for Kafka by the C library librdkafka; see ``KafkaConfiguration`` for its URLs.
///
/// Channels are topics, which brokers make by themselves if they are set up so. Each session reads all partitions of its
/// topics from their end on, without a consumer group, and publishes with a key of its own, so that what it publishes
/// stays in order. A probe asks for the ends of the partitions, and comes back when everything up to there was read.
///
/// Built with the package trait `Kafka` only.
public final class KafkaDriver: MessageQueueDriver {
  private let configuration: KafkaConfiguration

  /// Creates a driver.
  ///
  /// - Throws: ``MessageQueueError`` with the code `unavailable` if the package was built without it, or if the library is
  ///   missing; `invalidURL` for a property that librdkafka does not know, or a value that it cannot have.
  public init(_ configuration: KafkaConfiguration) throws(MessageQueueError) {
    #if Kafka
      guard ckafka_load() != nil else {
        throw MessageQueueError(.unavailable, "Kafka cannot be used: \(String(cString: ckafka_error()))")
      }
      self.configuration = configuration
      try KafkaConnection.check(configuration)
    #else
      throw MessageQueueError(
        .unavailable, "this program was built without Kafka: install librdkafka-dev and build with the package trait Kafka")
    #endif
  }

  static var entry: MessageQueueRegistry.Entry {
    .init(schemes: KafkaConfiguration.schemes) { url, _ throws(MessageQueueError) in
      try KafkaDriver(KafkaConfiguration(url))
    }
  }

  /// Starts to open a session.
  public func open(
    _ subscriptions: [MessageQueueSubscription], on executor: IOExecutor,
    reporting handler: any MessageQueueSessionHandler
  ) -> any MessageQueueSession {
    let session = LibrarySession(executor, handler)
    #if Kafka
      session.begin("kafka", subscriptions) { [configuration] in KafkaConnection(configuration) }
    #endif
    return session
  }
}
