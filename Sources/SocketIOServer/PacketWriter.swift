internal import Logging
internal import SocketIOCodec

/// Writes packets with the JSON codec of the server.
struct PacketWriter: Sendable {
  /// The codec, if it is another one than the standard, which needs no detour.
  let codec: (any JSONCodec)?
  let logger: Logger

  init(_ options: SocketIOOptions) {
    codec = options.json is StandardJSON ? nil : options.json
    logger = options.logger
  }

  /// Appends an event.
  ///
  /// - Returns: its attachments; `nil` if it cannot be written, which is logged.
  func appendEvent(
    _ name: String, _ values: [SocketValue], namespace: String, id: Int64?, to out: inout [UInt8]
  ) -> [[UInt8]]? {
    guard let codec else {
      return SocketIOPacketEncoder.appendEvent(name, values, namespace: namespace, id: id, to: &out)
    }
    guard let (text, attachments) = encode(values, with: codec, for: name) else { return nil }
    SocketIOPacketEncoder.appendEvent(
      name, raw: text.span.bytes, attachments: attachments.count, namespace: namespace, id: id, to: &out)
    return attachments
  }

  /// Appends an acknowledgement.
  ///
  /// - Returns: its attachments; `nil` if it cannot be written, which is logged.
  func appendAck(_ values: [SocketValue], namespace: String, id: Int64, to out: inout [UInt8]) -> [[UInt8]]? {
    guard let codec else { return SocketIOPacketEncoder.appendAck(values, namespace: namespace, id: id, to: &out) }
    guard let (text, attachments) = encode(values, with: codec, for: "an acknowledgement") else { return nil }
    SocketIOPacketEncoder.appendAck(
      raw: text.span.bytes, attachments: attachments.count, namespace: namespace, id: id, to: &out)
    return attachments
  }

  private func encode(
    _ values: [SocketValue], with codec: any JSONCodec, for what: String
  ) -> (text: [UInt8], attachments: [[UInt8]])? {
    var text: [UInt8] = []
    do {
      let attachments = try codec.encodeElements(values, to: &text)
      return (text, attachments)
    } catch {
      logger.error("the JSON codec cannot write the arguments of \(what), which is not sent: \(error)")
      return nil
    }
  }
}
