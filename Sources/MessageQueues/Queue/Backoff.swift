/// How long to wait between attempts: longer each time up to a limit, and never at the same moment as everybody else.
public struct Backoff: Sendable, Hashable {
  /// The longest wait before the first new attempt. Default: 100 ms.
  public var initial: Duration = .milliseconds(100)
  /// The longest wait before any attempt. Default: 5 s.
  public var maximum: Duration = .seconds(5)
  /// By how much the wait grows from attempt to attempt. Default: 2.
  public var factor = 2.0
  /// The part of the wait that is left to chance, from 0 to 1. Default: 0.5.
  public var jitter = 0.5

  /// Creates a back-off with its defaults.
  public init() {}

  /// The wait before a new attempt.
  ///
  /// - Parameters:
  ///   - attempt: how many attempts have failed in a row, from 1.
  ///   - random: a number from 0 up to but not including 1.
  public func delay(before attempt: Int, random: Double) -> Duration {
    var wait = initial
    var left = attempt - 1
    while left > 0, wait < maximum {
      wait = wait * factor
      left -= 1
    }
    return min(wait, maximum) * (1 - jitter * random)
  }

  /// Checks the values.
  ///
  /// - Throws: ``MessageQueueError`` with the code `invalidOption`, naming the option and its value.
  public func validate() throws(MessageQueueError) {
    guard initial > .zero else {
      throw MessageQueueError(.invalidOption, "backoff.initial is \(initial), but must be longer than zero")
    }
    guard maximum >= initial else {
      throw MessageQueueError(
        .invalidOption, "backoff.maximum is \(maximum), but must not be shorter than backoff.initial (\(initial))")
    }
    guard factor.isFinite, factor >= 1 else {
      throw MessageQueueError(.invalidOption, "backoff.factor is \(factor), but must be at least 1")
    }
    guard (0...1).contains(jitter) else {
      throw MessageQueueError(.invalidOption, "backoff.jitter is \(jitter), but must be from 0 to 1")
    }
  }
}
