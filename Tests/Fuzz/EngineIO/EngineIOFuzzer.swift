import CodecTesting
import EngineIOCodec
import Fuzzing

/// Payloads of both revisions in all their forms: what is decoded, encoded and decoded again is the same. Queries, forms
/// and session ids besides.
@main enum EngineIOFuzzer {
  static func main() { fuzz(test) }
}

private func test(_ given: FuzzInput) {
  var input = given
  let choice = input.choice()
  let bytes = input.rest
  switch choice % 6 {
  case 0: check(bytes, .v4, isBinary: false)
  case 1: check(bytes, .v3, isBinary: false)
  case 2: check(bytes, .v3, isBinary: true)
  case 3:
    let query = EngineIOQuery(bytes.span.bytes)
    if case .some(.some(let id)) = query.session {
      let text = Array(id.description.utf8)
      precondition(EngineIOSessionID(text.span.bytes) == id, "a session id is written otherwise than it was read")
    }
  case 4:
    guard let payload = EngineIOPayload.decodeJSONPForm(bytes) else { return }
    check(payload, .v3, isBinary: false)
  default:
    guard let content = EngineIOPayload.decodeBase64(bytes.span.bytes) else { return }
    var text: [UInt8] = []
    EngineIOPayload.appendBase64Packet(content.span.bytes, revision: .v4, to: &text)
    precondition(
      EngineIOPayload.decodeBase64(Array(text.dropFirst()).span.bytes) == content, "base64 does not come back")
    var script: [UInt8] = []
    EngineIOPayload.appendJSONP(index: 0, bytes.span.bytes, to: &script)
  }
}

private struct Packet: Equatable {
  var isBinary: Bool
  var bytes: [UInt8]
}

private func packets(_ body: [UInt8], _ revision: EngineIORevision, isBinary: Bool) -> [Packet]? {
  guard
    var decoder = try? EngineIOPayloadDecoder(
      body.span.bytes, revision: revision, isBinary: isBinary, maxPackets: 1000)
  else { return nil }
  var packets: [Packet] = []
  do throws(EngineIOPayloadError) {
    while let packet = try decoder.next(in: body.span.bytes) {
      let bytes = Array(body[packet.range])
      guard packet.content == .base64 else {
        packets.append(Packet(isBinary: packet.content == .binary, bytes: bytes))
        continue
      }
      guard let content = EngineIOPayload.decodeBase64(bytes.span.bytes) else { return nil }
      packets.append(Packet(isBinary: true, bytes: content))
    }
  } catch {
    return nil
  }
  return packets
}

private func check(_ body: [UInt8], _ revision: EngineIORevision, isBinary: Bool) {
  guard let decoded = packets(body, revision, isBinary: isBinary) else { return }
  var again: [UInt8] = []
  for packet in decoded {
    if packet.isBinary {
      EngineIOPayload.append(
        binary: packet.bytes.span.bytes, revision: revision, asBinaryPayload: isBinary, to: &again)
    } else {
      EngineIOPayload.append(
        textPacket: packet.bytes.span.bytes, revision: revision, asBinaryPayload: isBinary, to: &again)
    }
  }
  precondition(packets(again, revision, isBinary: isBinary) == decoded, "packets do not come back: \(decoded)")
}
