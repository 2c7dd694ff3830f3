import CodecTesting
import Fuzzing
import WebSocketCodec

/// Frames of clients and servers, with and without permessage-deflate; and offers of it.
@main enum WebSocketFuzzer {
  static func main() { fuzz(test) }
}

private func test(_ given: FuzzInput) {
  var input = given
  let choice = input.choice()
  let limit = Int(input.choice()) << Int(choice & 7)
  var configuration = PerMessageDeflate.Configuration()
  configuration.clientContextTakeover = choice & 8 != 0
  let bytes = input.rest
  let parameters =
    choice & 16 != 0
    ? PerMessageDeflate.negotiate("permessage-deflate; client_max_window_bits", configuration) : nil
  FuzzInput.check(bytes, cutBy: choice) { pieces in
    let deflate = parameters.map { PerMessageDeflate($0, configuration) }
    return WebSocketTranscript.decode(
      pieces,
      with: WebSocketDecoder(role: choice & 32 != 0 ? .client : .server, maxMessageBytes: limit, deflate: deflate))
  }
  _ = PerMessageDeflate.negotiate(String(decoding: bytes, as: UTF8.self), configuration)?.headerValue
  _ = WebSocketHandshake.accept(key: bytes.span.bytes)
  let isValid = bytes.withUnsafeBytes { UTF8Validator.isValid($0) }
  precondition(isValid == (String(validating: bytes, as: UTF8.self) != nil), "the validator is wrong about the text")
}
