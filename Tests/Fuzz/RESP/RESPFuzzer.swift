import CodecTesting
import Fuzzing
import MessageQueues

/// What a Redis server may send: the same, however it is cut.
@main enum RESPFuzzer {
  static func main() { fuzz(test) }
}

private func test(_ given: FuzzInput) {
  var input = given
  let seed = input.choice()
  let limit = Int(input.choice())
  FuzzInput.check(input.rest, cutBy: seed) { pieces in
    var decoder = RESPDecoder(maxBulkBytes: limit)
    var seen: [String] = []
    for piece in pieces {
      do {
        try piece.withUnsafeBytes { bytes in try decoder.receive(bytes) { seen.append("\($0)") } }
      } catch {
        precondition((error as? MessageQueueError)?.code == .malformed)
        return seen + ["malformed"]
      }
    }
    return seen
  }
}
