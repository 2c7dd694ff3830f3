public import AsyncModes

#if RabbitMQ
  internal import CRabbitMQ
#endif

/// The driver for RabbitMQ by the C library librabbitmq; see ``RabbitMQConfiguration`` for its URLs.
///
/// Channels are fanout exchanges that are not durable, as Kombu makes them. Each session has one connection, and a queue
/// that is its own and goes with it. What a server does not fetch waits at RabbitMQ, up to 64 MiB; what goes beyond it
/// is dropped there, the oldest first. Payloads are confirmed by publisher confirms.
///
/// Built with the package trait `RabbitMQ` only.
public final class RabbitMQDriver: MessageQueueDriver {
  private let configuration: RabbitMQConfiguration

  /// Creates a driver.
  ///
  /// - Throws: ``MessageQueueError`` with the code `unavailable` if the package was built without it, or if the library is
  ///   missing.
  public init(_ configuration: RabbitMQConfiguration) throws(MessageQueueError) {
    #if RabbitMQ
      if let why = crabbitmq_load() {
        throw MessageQueueError(.unavailable, "RabbitMQ cannot be used: \(String(cString: why))")
      }
      self.configuration = configuration
    #else
      throw MessageQueueError(
        .unavailable,
        "this program was built without RabbitMQ: install librabbitmq-dev and build with the package trait RabbitMQ")
    #endif
  }

  static var entry: MessageQueueRegistry.Entry {
    .init(schemes: RabbitMQConfiguration.schemes) { url, _ throws(MessageQueueError) in
      try RabbitMQDriver(RabbitMQConfiguration(url))
    }
  }

  /// Starts to open a session.
  public func open(
    _ subscriptions: [MessageQueueSubscription], on executor: IOExecutor,
    reporting handler: any MessageQueueSessionHandler
  ) -> any MessageQueueSession {
    let session = LibrarySession(executor, handler)
    #if RabbitMQ
      session.begin("rabbitmq", subscriptions) { [configuration] in RabbitMQConnection(configuration) }
    #endif
    return session
  }
}
