public import SocketIOCodec

/// An error of the Socket.IO layer.
public struct SocketIOError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of an error; grows without breaking callers.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String {
      case invalidOption, disconnected, timedOut, tooManyPending, reservedEvent, invalidNamespace, outsideHandler
      case notAttached, alreadyAttached, cannotEncode
    }
    private let kind: Kind

    /// An option has a value that it cannot have.
    public static let invalidOption = Code(kind: .invalidOption)
    /// The client is gone, or left before it answered.
    public static let disconnected = Code(kind: .disconnected)
    /// The client did not answer in time.
    public static let timedOut = Code(kind: .timedOut)
    /// Too many acknowledgements of this client are awaited already.
    public static let tooManyPending = Code(kind: .tooManyPending)
    /// A handler was registered for the name of an event that the protocol reserves.
    public static let reservedEvent = Code(kind: .reservedEvent)
    /// The name of a namespace is none.
    public static let invalidNamespace = Code(kind: .invalidNamespace)
    /// A function that needs to know whose event is handled was called outside of handlers, or in a raw one.
    public static let outsideHandler = Code(kind: .outsideHandler)
    /// The server has no runtime yet.
    public static let notAttached = Code(kind: .notAttached)
    /// The server has a runtime already.
    public static let alreadyAttached = Code(kind: .alreadyAttached)
    /// A value cannot be put into the form that was asked for.
    public static let cannotEncode = Code(kind: .cannotEncode)

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

/// Thrown by a connect handler to refuse a client.
public struct ConnectionRefused: Error, Sendable, Equatable {
  /// What the client is told.
  public var message: String
  /// Further data for the client.
  public var data: SocketValue?

  /// Creates a refusal.
  public init(_ message: String = "Connection rejected by server", data: SocketValue? = nil) {
    self.message = message
    self.data = data
  }
}

/// Why a client left a namespace.
public enum DisconnectReason: String, Sendable, Hashable {
  /// The client left the namespace.
  case clientDisconnect = "client namespace disconnect"
  /// The server disconnected the client from the namespace.
  case serverDisconnect = "server namespace disconnect"
  /// The client closed its connection, or it ended in good order.
  case transportClose = "transport close"
  /// The connection failed.
  case transportError = "transport error"
  /// The client did not answer the heartbeat in time.
  case pingTimeout = "ping timeout"
  /// The client sent something that cannot be read.
  case parseError = "parse error"
  /// The server closed the connection.
  case forcedClose = "forced close"
  /// The client did not read what it was sent.
  case slowClient = "slow client"
  /// The server is being stopped.
  case serverShutdown = "server shutting down"
}
