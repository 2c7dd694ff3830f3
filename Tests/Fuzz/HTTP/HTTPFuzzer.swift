import CodecTesting
import Fuzzing
import HTTPCodec

/// Requests, with limits that are soon reached; and dates, which come back when they are written.
@main enum HTTPFuzzer {
  static func main() { fuzz(test) }
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
  if seed & 2 != 0 {
    let now = HTTPDate(seconds: 1_795_000_000)
    guard let date = HTTPDate(String(decoding: input.rest, as: UTF8.self), now: now) else { return }
    var text: [UInt8] = []
    date.append(to: &text)
    precondition(HTTPDate(String(decoding: text, as: UTF8.self), now: now) == date, "a date does not come back")
    return
  }
  // Cut or whole, with heads that are held or not: the same comes out.
  let kept = HTTPTranscript.decode([input.rest], limits: limits, holdsHeads: true)
  FuzzInput.check(input.rest, cutBy: seed) { pieces in
    let events = HTTPTranscript.decode(pieces, limits: limits)
    precondition(events == kept, "a head left something behind for the next")
    return events
  }
}
