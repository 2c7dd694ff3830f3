import CodecTesting
import Fuzzing
import SocketIOCodec

/// Packets of both generations with their attachments: what is taken can be parsed, and comes back when it is encoded
/// and decoded again.
@main enum SocketIOFuzzer {
  static func main() { fuzz(test) }
}

private func test(_ given: FuzzInput) {
  var input = given
  let version = input.choice() & 1 == 0 ? SocketIOProtocol.v5 : .v4
  let text = input.rest
  // Transports have checked it.
  guard String(validating: text, as: UTF8.self) != nil else { return }
  guard let packet = Packet(text, version) else { return }
  guard let arguments = packet.arguments else { return }
  var again: [UInt8] = []
  var attachments: [[UInt8]] = []
  if packet.head.type == .event || packet.head.type == .binaryEvent {
    attachments = SocketIOPacketEncoder.appendEvent(
      packet.name, arguments, namespace: packet.namespace, id: packet.head.id, to: &again)
  } else if let id = packet.head.id {
    attachments = SocketIOPacketEncoder.appendAck(arguments, namespace: packet.namespace, id: id, to: &again)
  }
  // A placeholder may name an attachment as often as it likes; written anew it is one each time.
  guard attachments.count <= SocketIOLimits().maxAttachments, SocketValue.array(arguments).isWritable else { return }
  guard let other = Packet(again, version, attachments: attachments) else {
    preconditionFailure("what was encoded is not taken: \(String(decoding: again, as: UTF8.self))")
  }
  precondition(
    other.name == packet.name && other.namespace == packet.namespace && other.head.id == packet.head.id
      && other.arguments == arguments.map(\.asWritten),
    "a packet does not come back: \(String(decoding: again, as: UTF8.self))")
}

private struct Packet {
  let head: SocketIOPacketHead
  let name: String
  let namespace: String
  let arguments: [SocketValue]?

  /// - Parameter given: the attachments; ones of a byte each if there are none.
  init?(_ text: [UInt8], _ version: SocketIOProtocol, attachments given: [[UInt8]]? = nil) {
    let decoder = SocketIOPacketDecoder(version)
    guard var head = try? decoder.decode(text.span.bytes) else { return nil }
    var assembled = text
    let attachments = given ?? (0..<head.attachmentCount).map { [UInt8(truncatingIfNeeded: $0)] }
    precondition(attachments.count == head.attachmentCount, "attachments have got lost")
    if head.attachmentCount > 0 {
      var assembler = SocketIOAssembler()
      assembler.begin(head, text.span.bytes)
      var packet: SocketIOAssembler.Packet?
      for attachment in attachments {
        precondition(assembler.isWaiting && packet == nil, "the packet is complete too early")
        packet = (try? assembler.receive(attachment.span.bytes)) ?? nil
      }
      guard let packet else { preconditionFailure("the packet is not complete") }
      head = packet.head
      assembled = packet.text
    }
    self.head = head
    name = decoder.eventName(of: head, in: assembled.span.bytes)
    namespace = head.namespace.map { String(decoding: assembled[$0], as: UTF8.self) } ?? "/"
    let bytes = assembled.span.bytes
    if head.type.rawValue == 2 || head.type.rawValue == 3 || head.type.rawValue > 4 {
      do throws(JSONError) {
        arguments = try JSONText.parseElements(bytes.extracting(head.arguments), attachments: attachments)
      } catch {
        // The text was checked; only a placeholder can be wrong.
        precondition(error.message == "a placeholder names no attachment", "\(error)")
        return nil
      }
    } else {
      arguments = nil
      if let payload = head.payload {
        precondition(
          (try? JSONText.validate(bytes.extracting(payload))) != nil, "a payload was taken that is not JSON")
      }
    }
  }
}
