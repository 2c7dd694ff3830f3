internal import CAsyncModes

/// Random bits from the system, as hard to guess as those of `SystemRandomNumberGenerator`, that are fetched for many
/// numbers with one system call. Each number is forgotten as soon as it was given out.
package struct RandomPool: RandomNumberGenerator {
  /// 256 bytes: what getrandom(2) gives without being interrupted.
  private static let capacity = 32
  private var words: [UInt64] = []

  /// Creates a pool that fetches its first bits when they are asked for.
  package init() {}

  package mutating func next() -> UInt64 {
    if words.isEmpty { fill() }
    let last = words.count - 1
    let word = words[last]
    words[last] = 0
    words.removeLast()
    return word
  }

  private mutating func fill() {
    words.append(contentsOf: repeatElement(0, count: Self.capacity))
    words.withUnsafeMutableBytes { async_modes_random($0.baseAddress, $0.count) }
  }
}
