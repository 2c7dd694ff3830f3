public import AsyncModes

#if PostgreSQL
  internal import CPostgreSQL
#endif

/// The driver for PostgreSQL by LISTEN and NOTIFY, with the C library libpq; see ``PostgreSQLConfiguration`` for its URLs.
///
/// Payloads that are text and shorter than 8,000 bytes are sent as they are, others in base64. What is too long for that
/// goes through a table, `socketio_payloads`, which is made when it is first needed, and whose rows are removed after a
/// minute. A payload is confirmed when its transaction is.
///
/// Built with the package trait `PostgreSQL` only.
public final class PostgreSQLDriver: MessageQueueDriver {
  private let configuration: PostgreSQLConfiguration

  /// Creates a driver.
  ///
  /// - Throws: ``MessageQueueError`` with the code `unavailable` if the package was built without it, or if the library is
  ///   missing.
  public init(_ configuration: PostgreSQLConfiguration) throws(MessageQueueError) {
    #if PostgreSQL
      guard cpostgresql_load() != nil else {
        throw MessageQueueError(.unavailable, "PostgreSQL cannot be used: \(String(cString: cpostgresql_error()))")
      }
      self.configuration = configuration
    #else
      throw MessageQueueError(
        .unavailable,
        "this program was built without PostgreSQL: install libpq-dev and build with the package trait PostgreSQL")
    #endif
  }

  static var entry: MessageQueueRegistry.Entry {
    .init(schemes: PostgreSQLConfiguration.schemes) { url, _ throws(MessageQueueError) in
      try PostgreSQLDriver(PostgreSQLConfiguration(url))
    }
  }

  /// Starts to open a session.
  public func open(
    _ subscriptions: [MessageQueueSubscription], on executor: IOExecutor,
    reporting handler: any MessageQueueSessionHandler
  ) -> any MessageQueueSession {
    let session = LibrarySession(executor, handler)
    #if PostgreSQL
      session.begin("postgresql", subscriptions) { [configuration] in PostgreSQLConnection(configuration) }
    #endif
    return session
  }
}
