public import AsyncModes

/// The driver for Redis and Valkey servers; see ``RedisConfiguration`` for its URLs.
///
/// A session has one connection that publishes and, if anything is subscribed to, one that receives.
public final class RedisDriver: MessageQueueDriver {
  let mode: any AsyncMode
  let configuration: RedisConfiguration
  let connector: BrokerConnector

  /// Creates a driver.
  ///
  /// - Throws: ``MessageQueueError`` with the code `unavailable` or `invalidOption` if the connection cannot be secured.
  public init(_ configuration: RedisConfiguration, mode: any AsyncMode) throws(MessageQueueError) {
    self.mode = mode
    self.configuration = configuration
    connector = try BrokerConnector(
      mode: mode, security: configuration.usesTLS ? .tls(authoritiesFile: configuration.authoritiesFile) : .none)
  }

  static var entry: MessageQueueRegistry.Entry {
    .init(schemes: RedisConfiguration.schemes) { url, mode throws(MessageQueueError) in
      try RedisDriver(RedisConfiguration(url), mode: mode)
    }
  }

  /// Starts to open a session.
  public func open(
    _ subscriptions: [MessageQueueSubscription], on executor: IOExecutor,
    reporting handler: any MessageQueueSessionHandler
  ) -> any MessageQueueSession {
    let session = RedisSession(self, subscriptions, executor, handler)
    session.begin()
    return session
  }
}
