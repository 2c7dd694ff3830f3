public import AsyncModes
internal import Synchronization

/// The kinds of message queues that can be named by a URL.
///
/// ```swift
/// MessageQueueRegistry.shared.register(.init(schemes: ["carrier+pigeon"]) { url, mode in
///   PigeonDriver(loft: url.path, mode: mode)
/// })
/// let queue = try MessageQueue(url: "carrier+pigeon:///roof", mode: mode)
/// ```
public final class MessageQueueRegistry: Sendable {
  /// A driver that can be chosen.
  public struct Entry: Sendable {
    /// The schemes of the URLs that it serves, in lower case.
    public let schemes: [String]
    /// Creates the driver; it must not connect yet. A value that the URL cannot have is an error with the code
    /// `invalidURL`, a driver that this build lacks one with the code `unavailable` that says what to install.
    public let make: @Sendable (MessageQueueURL, any AsyncMode) throws(MessageQueueError) -> any MessageQueueDriver

    /// Creates an entry.
    public init(
      schemes: [String],
      make: @escaping @Sendable (MessageQueueURL, any AsyncMode) throws(MessageQueueError) -> any MessageQueueDriver
    ) {
      self.schemes = schemes
      self.make = make
    }
  }

  private let registered: Mutex<[Entry]>

  /// The registry that programs use.
  public static let shared = MessageQueueRegistry(builtIn)

  /// Creates a registry of its own, as tests do.
  public init(_ entries: [Entry]) { registered = Mutex(entries) }

  /// The drivers of this target.
  public static var builtIn: [Entry] {
    [
      MemoryDriver.entry, RedisDriver.entry, NATSDriver.entry, RabbitMQConfiguration.entry,
      KafkaConfiguration.entry, PostgreSQLConfiguration.entry,
    ]
  }

  /// The schemes that can be used, in the order of their registration.
  public var schemes: [String] { registered.withLock { $0.flatMap(\.schemes) } }

  /// Adds a driver; it takes its schemes over from whoever served them before.
  public func register(_ entry: Entry) { registered.withLock { $0.insert(entry, at: 0) } }

  /// Creates the driver for a URL.
  ///
  /// - Throws: ``MessageQueueError`` with the code `invalidURL`, `unknownScheme` with the schemes that there are, or
  ///   `unavailable`.
  public func driver(for url: MessageQueueURL, mode: any AsyncMode) throws(MessageQueueError) -> any MessageQueueDriver
  {
    let entry = registered.withLock { $0.first { $0.schemes.contains(url.scheme) } }
    guard let entry else {
      throw MessageQueueError(
        .unknownScheme,
        "there is no message queue for \(url.scheme)://; there are \(schemes.map { "\($0)://" }.joined(separator: ", "))"
      )
    }
    return try entry.make(url, mode)
  }
}
