/// The bytes that a fuzzer has thought of, taken from both ends: the last ones decide how the first ones are fed.
public struct FuzzInput {
  private var bytes: ArraySlice<UInt8>

  /// Takes what the fuzzer gives.
  public init(_ start: UnsafePointer<UInt8>?, _ count: Int) {
    bytes = Array(UnsafeBufferPointer(start: start, count: count))[...]
  }

  /// A number that the fuzzer chooses, 0 if it has run out of bytes.
  public mutating func choice() -> UInt8 { bytes.popLast() ?? 0 }

  /// What is left, in memory of exactly that length, so that a read beyond its end is noticed.
  public var rest: [UInt8] { Array(bytes) }

  /// Stops the fuzzer if the way an input is cut shows in what is decoded.
  ///
  /// Every input is fed whole, byte by byte, and in pieces that the fuzzer chooses.
  public static func check<Event: Equatable>(
    _ input: [UInt8], cutBy seed: UInt8, _ decode: ([[UInt8]]) -> [Event]
  ) {
    var random = SeededGenerator(seed: UInt64(seed))
    let whole = decode([input])
    for pieces in [input.map { [$0] }, SplitVerifier.pieces(of: input, using: &random)] {
      let split = decode(pieces)
      precondition(
        split == whole, "in pieces of \(pieces.map(\.count)) bytes: \(split) instead of \(whole)")
    }
  }
}
