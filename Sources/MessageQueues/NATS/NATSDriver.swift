public import AsyncModes

/// The driver for NATS servers; see ``NATSConfiguration`` for its URLs.
///
/// It speaks the core protocol over one connection for each session. Channels are subjects; whatever has a meaning in
/// subjects is escaped. A payload is confirmed when the server has answered a ping behind it.
public final class NATSDriver: MessageQueueDriver {
  let mode: any AsyncMode
  let configuration: NATSConfiguration
  let connector: BrokerConnector

  /// Creates a driver.
  ///
  /// - Throws: ``MessageQueueError`` with the code `unavailable` if the connection cannot be secured.
  public init(_ configuration: NATSConfiguration, mode: any AsyncMode) throws(MessageQueueError) {
    self.mode = mode
    self.configuration = configuration
    // TLS begins behind the greeting of the server.
    connector = try BrokerConnector(mode: mode)
    if configuration.requiresTLS {
      do { _ = try tls() } catch { throw MessageQueueError(.unavailable, "\(error)") }
    }
  }

  static var entry: MessageQueueRegistry.Entry {
    .init(schemes: NATSConfiguration.schemes) { url, mode throws(MessageQueueError) in
      try NATSDriver(NATSConfiguration(url), mode: mode)
    }
  }

  /// A context for the connection of a session.
  func tls() throws(AsyncModeError) -> TLSContext {
    var options = TLSClientOptions()
    options.authoritiesFile = configuration.authoritiesFile
    return try TLSContext(client: options)
  }

  /// Starts to open a session.
  public func open(
    _ subscriptions: [MessageQueueSubscription], on executor: IOExecutor,
    reporting handler: any MessageQueueSessionHandler
  ) -> any MessageQueueSession {
    let session = NATSSession(self, subscriptions, executor, handler)
    session.begin()
    return session
  }
}
