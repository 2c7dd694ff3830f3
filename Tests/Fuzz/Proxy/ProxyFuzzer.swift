import CodecTesting
import Fuzzing
import HTTPServing

/// What proxies say of their clients: headers of the PROXY protocol, of which every beginning is incomplete, and the field
/// `Forwarded`.
@main enum ProxyFuzzer {
  static func main() { fuzz(test) }
}

private func test(_ given: FuzzInput) {
  let bytes = given.rest
  _ = ForwardedField(String(decoding: bytes, as: UTF8.self))
  guard case .complete(let count, let source) = ProxyHeader.decode(bytes.span.bytes) else { return }
  precondition(count <= bytes.count, "the header is longer than what there is")
  for length in [0, 1, 5, 6, 12, 16, count / 2, count - 1] where length < count {
    precondition(ProxyHeader.decode(bytes.span.bytes.extracting(..<length)) == .incomplete, "complete after \(length)")
  }
  precondition(ProxyHeader.decode(bytes.span.bytes.extracting(..<count)) == .complete(count: count, source: source))
}
