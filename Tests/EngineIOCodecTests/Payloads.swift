import EngineIOCodec

/// A packet with its bytes.
enum Packet: Equatable {
  case text(String)
  case binary([UInt8])
}

/// What is in a payload; base64 is decoded.
///
/// - Parameter early: gets the packets in front of what is wrong, if anything is.
func decode(
  _ body: [UInt8], _ revision: EngineIORevision, isBinary: Bool = false, maxPackets: Int = 100,
  early: (([Packet]) -> Void)? = nil
) throws(EngineIOPayloadError) -> [Packet] {
  var decoder = try EngineIOPayloadDecoder(
    body.span.bytes, revision: revision, isBinary: isBinary, maxPackets: maxPackets)
  var packets: [Packet] = []
  do throws(EngineIOPayloadError) {
    while let packet = try decoder.next(in: body.span.bytes) {
      let bytes = Array(body[packet.range])
      switch packet.content {
      case .text: packets.append(.text(String(decoding: bytes, as: UTF8.self)))
      case .binary: packets.append(.binary(bytes))
      case .base64:
        guard let content = EngineIOPayload.decodeBase64(bytes.span.bytes) else { throw .invalidBase64 }
        packets.append(.binary(content))
      }
    }
  } catch {
    early?(packets)
    throw error
  }
  return packets
}

/// What is in a payload that was sent as text.
func decode(
  _ body: String, _ revision: EngineIORevision, maxPackets: Int = 100, early: (([Packet]) -> Void)? = nil
) throws(EngineIOPayloadError) -> [Packet] {
  try decode(Array(body.utf8), revision, maxPackets: maxPackets, early: early)
}

/// A payload of packets.
func encode(_ packets: [Packet], _ revision: EngineIORevision, asBinaryPayload: Bool = false) -> [UInt8] {
  var out: [UInt8] = []
  for packet in packets {
    switch packet {
    case .text(let text):
      EngineIOPayload.append(
        textPacket: Array(text.utf8).span.bytes, revision: revision, asBinaryPayload: asBinaryPayload, to: &out)
    case .binary(let bytes):
      EngineIOPayload.append(binary: bytes.span.bytes, revision: revision, asBinaryPayload: asBinaryPayload, to: &out)
    }
  }
  return out
}
