import CodecTesting
@testable import WebSocketCodec

/// A frame as a client sends it: masked, its length in the shortest form.
func frame(
  _ opcode: WebSocketOpcode, _ payload: [UInt8] = [], isFinal: Bool = true, mask: UInt32 = 0x1234_5678
) -> [UInt8] {
  var out: [UInt8] = []
  WebSocketEncoder.appendMasked(opcode: opcode, payload.span.bytes, mask: mask, isFinal: isFinal, to: &out)
  return out
}

/// A frame with text.
func frame(_ opcode: WebSocketOpcode, _ text: String, isFinal: Bool = true) -> [UInt8] {
  frame(opcode, Array(text.utf8), isFinal: isFinal)
}

/// A close frame with a code and a reason.
func close(_ code: UInt16, _ reason: [UInt8] = []) -> [UInt8] {
  frame(.close, [UInt8(code >> 8), UInt8(code & 0xff)] + reason)
}

/// Decodes what a client has sent, in many ways.
func decode(_ bytes: [UInt8], maxMessageBytes: Int = 1_000_000) throws -> [WebSocketTranscript] {
  try SplitVerifier().events(of: bytes) {
    WebSocketTranscript.decode($0, with: WebSocketDecoder(role: .server, maxMessageBytes: maxMessageBytes))
  }
}

extension [UInt8] {
  /// With bits of one byte flipped.
  func flipping(_ bits: UInt8, at index: Int) -> [UInt8] {
    var result = self
    result[index] ^= bits
    return result
  }
}
