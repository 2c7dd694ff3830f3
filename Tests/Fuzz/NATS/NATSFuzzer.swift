import CodecTesting
import Fuzzing
import MessageQueues

/// What a NATS server may send: the same, however it is cut.
@main enum NATSFuzzer {
  static func main() { fuzz(test) }
}

private func test(_ given: FuzzInput) {
  var input = given
  let seed = input.choice()
  let limit = Int(input.choice())
  FuzzInput.check(input.rest, cutBy: seed) { pieces in
    var decoder = NATSDecoder(maxPayloadBytes: limit)
    var seen: [NATSMessage] = []
    for piece in pieces {
      do {
        try piece.withUnsafeBytes { bytes in
          try decoder.receive(bytes) {
            seen.append($0)
            return true
          }
        }
      } catch {
        precondition((error as? MessageQueueError)?.code == .malformed)
        return seen + [.error("malformed")]
      }
    }
    return seen
  }
}
