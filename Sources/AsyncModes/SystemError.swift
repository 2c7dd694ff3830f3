#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// An `errno` of the operating system.
public struct SystemError: Error, Sendable, Hashable {
  /// The `errno`.
  public var number: Int32

  /// Creates an error of an `errno`.
  public init(_ number: Int32) { self.number = number }

  /// The peer has broken the connection off.
  public static let connectionReset = SystemError(ECONNRESET)
  /// Nothing can be written any more.
  public static let brokenPipe = SystemError(EPIPE)
}
