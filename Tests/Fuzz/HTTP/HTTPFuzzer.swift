import CFuzzer
import CodecTesting
import Glibc
import HTTPCodec

/// Requests, with limits that are soon reached.
@main enum HTTPFuzzer {
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
  var limits = HTTPLimits()
  if seed & 1 != 0 {
    limits.maxHeadBytes = 64 + Int(input.choice())
    limits.maxRequestLineBytes = Int(input.choice())
    limits.maxFieldCount = Int(input.choice() & 7)
    limits.maxBodyBytes = Int(input.choice())
    limits.maxChunkLineBytes = Int(input.choice() & 31)
  }
  FuzzInput.check(input.rest, cutBy: seed) { HTTPTranscript.decode($0, limits: limits) }
}
