/// A point on the monotonic clock, in nanoseconds; comparable within one process only.
public struct MonotonicInstant: Sendable, Hashable, Comparable {
  /// Nanoseconds since an arbitrary start.
  public var nanoseconds: UInt64

  /// Creates an instant.
  public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  /// Orders by time.
  @inlinable public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

  /// The instant a duration later; stays at the ends of the clock instead of overflowing.
  @inlinable public func advanced(by duration: Duration) -> Self {
    let step = duration.clampedNanoseconds
    if step >= 0 {
      let (sum, overflow) = nanoseconds.addingReportingOverflow(UInt64(step))
      return Self(nanoseconds: overflow ? .max : sum)
    }
    let (difference, underflow) = nanoseconds.subtractingReportingOverflow(step.magnitude)
    return Self(nanoseconds: underflow ? 0 : difference)
  }

  /// The time from this instant to a later one; zero if it is not later.
  @inlinable public func duration(to other: Self) -> Duration {
    other.nanoseconds <= nanoseconds ? .zero : .nanoseconds(Int64(clamping: other.nanoseconds - nanoseconds))
  }
}

extension Duration {
  /// The duration in nanoseconds, held at the ends of `Int64` (292 years).
  @inlinable public var clampedNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds < 0 ? .min : .max }
    let (sum, overflowed) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
    return overflowed ? (seconds < 0 ? .min : .max) : sum
  }
}
