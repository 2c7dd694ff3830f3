/// Puts packets and their attachments together; the state of one client.
public struct SocketIOAssembler {
  /// A packet with all of its attachments.
  public struct Packet: Sendable {
    /// What the packet is; its ranges are in `text`.
    public var head: SocketIOPacketHead
    /// The text of the packet.
    public var text: [UInt8]
    /// The attachments in their order.
    public var attachments: [[UInt8]]
  }
  private var pending: Packet?
  private var pendingBytes = 0
  private let maxPendingBytes: Int

  /// Creates an assembler without a packet.
  public init(limits: SocketIOLimits = SocketIOLimits()) { maxPendingBytes = limits.maxPendingBytes }

  /// Whether attachments are awaited; a text message is an error then.
  public var isWaiting: Bool { pending != nil }

  /// Keeps a packet until its attachments have come.
  public mutating func begin(_ head: SocketIOPacketHead, _ text: borrowing RawSpan) {
    pending = Packet(head: head, text: text.withUnsafeBytes { Array($0) }, attachments: [])
    pendingBytes = 0
  }

  /// Takes an attachment.
  ///
  /// - Returns: the packet if it is complete now.
  /// - Throws: ``SocketIOPacketError`` if no attachment is awaited, or too many bytes wait.
  public mutating func receive(_ attachment: borrowing RawSpan) throws(SocketIOPacketError) -> Packet? {
    guard var packet = pending else { throw SocketIOPacketError("an attachment was not announced") }
    pending = nil
    pendingBytes += attachment.byteCount
    guard pendingBytes <= maxPendingBytes else {
      throw SocketIOPacketError("the attachments are longer than \(maxPendingBytes) bytes")
    }
    packet.attachments.append(attachment.withUnsafeBytes { Array($0) })
    if packet.attachments.count == packet.head.attachmentCount { return packet }
    pending = packet
    return nil
  }
}
