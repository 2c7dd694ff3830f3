/// An error of a test client: what the test did, or what the server did not.
public struct TestClientError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of an error; grows without breaking callers.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String { case wrongRuntime, notConnected, noAnswer, closed, invalidResponse }
    private let kind: Kind

    /// The server does not run on a ``MemoryMode``.
    public static let wrongRuntime = Code(kind: .wrongRuntime)
    /// The client is not connected to the namespace, or not at all.
    public static let notConnected = Code(kind: .notConnected)
    /// The server did not answer, although nothing moves any more.
    public static let noAnswer = Code(kind: .noAnswer)
    /// The connection ended before the answer came.
    public static let closed = Code(kind: .closed)
    /// What the server sent cannot be read.
    public static let invalidResponse = Code(kind: .invalidResponse)

    /// The name of the code.
    public var description: String { kind.rawValue }
  }

  /// The kind of the error.
  public var code: Code
  /// What happened, and what to do.
  public var message: String

  /// Creates an error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The code and the message.
  public var description: String { "\(code): \(message)" }
}
