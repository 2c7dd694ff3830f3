/// Carries a value that is confined to an executor through a closure that is posted to that same executor.
public struct Confined<Value>: @unchecked Sendable {
  // @unchecked: the value is to be used only on the executor that it is confined to.

  /// The value.
  public let value: Value

  /// Wraps a value.
  public init(_ value: Value) { self.value = value }
}
