/// An error of the runtime layer: what happened, and the error of the system behind it.
public struct AsyncModeError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of an error; grows without breaking callers.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String {
      case unavailable, invalidOption, listenFailed, connectFailed, timedOut, closed, overloaded, shutDown
    }
    private let kind: Kind

    /// The mode cannot run on this host.
    public static let unavailable = Code(kind: .unavailable)
    /// An option has a value that it cannot have.
    public static let invalidOption = Code(kind: .invalidOption)
    /// The address could not be listened on.
    public static let listenFailed = Code(kind: .listenFailed)
    /// The outgoing connection could not be opened.
    public static let connectFailed = Code(kind: .connectFailed)
    /// The operation took longer than it was allowed to.
    public static let timedOut = Code(kind: .timedOut)
    /// The connection is closed.
    public static let closed = Code(kind: .closed)
    /// A bound is reached: the work was refused.
    public static let overloaded = Code(kind: .overloaded)
    /// The mode has been shut down.
    public static let shutDown = Code(kind: .shutDown)

    /// The name of the code.
    public var description: String { kind.rawValue }
  }

  /// The kind of the error.
  public var code: Code
  /// What happened, whose value it was, and what to do.
  public var message: String
  /// The `errno` behind it, or 0.
  public var errorNumber: Int32

  /// Creates an error.
  public init(_ code: Code, _ message: String, errorNumber: Int32 = 0) {
    self.code = code
    self.message = message
    self.errorNumber = errorNumber
  }

  /// The code and the message.
  public var description: String { "\(code): \(message)" }
}
