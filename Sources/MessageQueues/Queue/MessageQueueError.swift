/// An error of the message queue layer: what happened, whose value it was, and what to do.
public struct MessageQueueError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of an error; grows without breaking callers.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String {
      case invalidOption, invalidURL, unknownScheme, unavailable, unsupported, connectFailed, refused, lost, timedOut,
        malformed
      case payloadTooLarge, queueFull, closed
    }
    private let kind: Kind

    /// An option has a value that it cannot have.
    public static let invalidOption = Code(kind: .invalidOption)
    /// The URL of a queue cannot be read.
    public static let invalidURL = Code(kind: .invalidURL)
    /// No driver is registered for the scheme of the URL.
    public static let unknownScheme = Code(kind: .unknownScheme)
    /// The driver cannot run on this host or in this build; the message says what to install.
    public static let unavailable = Code(kind: .unavailable)
    /// The queue cannot do what it was asked to.
    public static let unsupported = Code(kind: .unsupported)
    /// The queue cannot be reached.
    public static let connectFailed = Code(kind: .connectFailed)
    /// The queue does not let this program in, or not do what it asked for.
    public static let refused = Code(kind: .refused)
    /// The connection to the queue was lost.
    public static let lost = Code(kind: .lost)
    /// The queue did not answer in time.
    public static let timedOut = Code(kind: .timedOut)
    /// The queue, or somebody who publishes on it, sent something that cannot be read.
    public static let malformed = Code(kind: .malformed)
    /// The payload is larger than ``MessageQueueOptions/maxPayloadBytes``.
    public static let payloadTooLarge = Code(kind: .payloadTooLarge)
    /// The queue is away or slow, and the bound on what is kept for it is reached.
    public static let queueFull = Code(kind: .queueFull)
    /// The queue was closed by this program.
    public static let closed = Code(kind: .closed)

    /// The name of the code.
    public var description: String { kind.rawValue }
  }

  /// The kind of the error.
  public var code: Code
  /// What happened, whose value it was, and what to do.
  public var message: String

  /// Creates an error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The code and the message.
  public var description: String { "\(code): \(message)" }
}
