import CFuzzer
import CodecTesting
import Glibc
import MessageQueues

/// What a NATS server may send: the same, however it is cut.
@main enum NATSFuzzer {
  static func main() {
    var argumentCount = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(
      LLVMFuzzerRunDriver(&argumentCount, &arguments) { start, count in
        test(FuzzInput(start, count))
        return 0
      })
  }
}

private func test(_ given: FuzzInput) {
  var input = given
  let seed = input.choice()
  let limit = Int(input.choice())
  FuzzInput.check(input.rest, cutBy: seed) { pieces in
    var decoder = NATSDecoder(maxPayloadBytes: limit)
    var seen: [NATSMessage] = []
    for piece in pieces {
      do throws(MessageQueueError) {
        try piece.withUnsafeBytes { bytes throws(MessageQueueError) in
          try decoder.receive(bytes) {
            seen.append($0)
            return true
          }
        }
      } catch {
        precondition(error.code == .malformed)
        return seen + [.error("malformed")]
      }
    }
    return seen
  }
}
