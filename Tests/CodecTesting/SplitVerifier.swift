/// Feeds an input to a decoder in many ways: all at once, byte by byte, in two pieces and in random pieces. A decoder
/// that is right tells the same story each time, as a network may cut its bytes wherever it likes.
///
/// ```
///   input ─┬─► [whole]                ─► decode ─► events ─┐
///          ├─► [b][b][b]…             ─► decode ─► events ─┼─► all equal? ─► events
///          └─► [piece][ ][piece]…     ─► decode ─► events ─┘
/// ```
public struct SplitVerifier: Sendable {
  /// Inputs up to this length are cut in two at every place.
  public var maxExhaustiveBytes = 160
  /// Inputs up to this length are fed byte by byte.
  public var maxSingleBytes = 100_000
  /// How many random ways to cut an input are tried.
  public var randomSplits = 12

  /// Creates a verifier.
  public init() {}

  /// Decodes an input in many ways.
  ///
  /// - Parameters:
  ///   - input: the bytes; none is an input, too.
  ///   - decode: makes a new decoder, feeds it the pieces and returns what came out. How the input was cut must not
  ///     show in it: bytes of one body are to be joined, and an error is to be the last event.
  /// - Returns: the events, the same for each way.
  /// - Throws: ``SplitDisagreement`` if they are not.
  public func events<Event: Equatable>(
    of input: [UInt8], _ decode: (_ pieces: [[UInt8]]) -> [Event]
  ) throws -> [Event] {
    let whole = decode([input])
    func check(_ pieces: [[UInt8]]) throws {
      let events = decode(pieces)
      guard events != whole else { return }
      throw SplitDisagreement(
        lengths: pieces.map(\.count), whole: whole.map { "\($0)" }, split: events.map { "\($0)" })
    }
    if input.count <= maxSingleBytes { try check(input.map { [$0] }) }
    if input.count <= maxExhaustiveBytes {
      for cut in input.indices.dropFirst() { try check([Array(input[..<cut]), Array(input[cut...])]) }
    }
    var random = SeededGenerator(seed: UInt64(input.count))
    for _ in 0..<randomSplits { try check(Self.pieces(of: input, using: &random)) }
    return whole
  }

  /// Cuts an input at random places; a piece may be empty.
  public static func pieces(of input: [UInt8], using random: inout SeededGenerator) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var start = 0
    let longest = Int.random(in: 1...max(1, input.count), using: &random)
    while start < input.count {
      let end = min(input.count, start + Int.random(in: 0...longest, using: &random))
      pieces.append(Array(input[start..<end]))
      start = end
    }
    return pieces
  }
}

/// A decoder for which it matters how its input was cut.
public struct SplitDisagreement: Error, CustomStringConvertible {
  /// The lengths of the pieces.
  public let lengths: [Int]
  /// What came out when the input came all at once.
  public let whole: [String]
  /// What came out of the pieces.
  public let split: [String]

  /// Both stories, up to the first difference.
  public var description: String {
    let common = zip(whole, split).prefix { $0 == $1 }.count
    func rest(_ events: [String]) -> String {
      let text = events.dropFirst(common).prefix(2).joined(separator: ", ")
      return text.isEmpty ? "nothing" : String(text.prefix(400))
    }
    return """
      in pieces of \(lengths.prefix(24)) bytes the input is decoded otherwise than as a whole: after \(common) equal \
      events \(rest(split)) instead of \(rest(whole))
      """
  }
}
