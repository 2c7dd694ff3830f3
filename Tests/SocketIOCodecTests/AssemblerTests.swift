import SocketIOCodec
import Testing

@Suite struct AssemblerTests {
  private func head(_ attachments: Int) -> SocketIOPacketHead {
    var head = SocketIOPacketHead(type: .binaryEvent)
    head.attachmentCount = attachments
    return head
  }

  private func begun(_ attachments: Int, limits: SocketIOLimits = SocketIOLimits()) -> SocketIOAssembler {
    var assembler = SocketIOAssembler(limits: limits)
    assembler.begin(head(attachments), Array("text".utf8).span.bytes)
    return assembler
  }

  private func receive(_ bytes: [UInt8], _ assembler: inout SocketIOAssembler) throws(SocketIOPacketError)
    -> SocketIOAssembler.Packet?
  {
    try assembler.receive(bytes.span.bytes)
  }

  private func completes(_ bytes: [UInt8], _ assembler: inout SocketIOAssembler) throws -> Bool {
    try receive(bytes, &assembler) != nil
  }

  @Test func attachmentsComeInOrder() throws {
    var assembler = begun(3)
    #expect(assembler.isWaiting)
    #expect(try !completes([1], &assembler))
    #expect(try !completes([], &assembler))
    #expect(assembler.isWaiting)
    let packet = try #require(try receive([2, 3], &assembler))
    #expect(packet.attachments == [[1], [], [2, 3]])
    #expect(packet.text == Array("text".utf8))
    #expect(packet.head == head(3))
    #expect(!assembler.isWaiting)
  }

  @Test func attachmentsThatNobodyAnnounced() throws {
    var assembler = SocketIOAssembler()
    #expect(!assembler.isWaiting)
    #expect(throws: SocketIOPacketError.self) { try receive([1], &assembler) }
    assembler = begun(1)
    #expect(try completes([1], &assembler))
    #expect(throws: SocketIOPacketError.self) { try receive([1], &assembler) }
  }

  @Test func theBytesThatWaitAreLimited() throws {
    var limits = SocketIOLimits()
    limits.maxPendingBytes = 10
    var assembler = begun(2, limits: limits)
    #expect(try !completes([UInt8](repeating: 0, count: 6), &assembler))
    #expect(try completes([UInt8](repeating: 0, count: 4), &assembler))
    assembler = begun(2, limits: limits)
    #expect(try !completes([UInt8](repeating: 0, count: 6), &assembler))
    #expect(throws: SocketIOPacketError.self) { try receive([UInt8](repeating: 0, count: 5), &assembler) }
    #expect(!assembler.isWaiting)
    // The next packet begins at nothing.
    assembler.begin(head(1), Array("text".utf8).span.bytes)
    #expect(try completes([UInt8](repeating: 0, count: 10), &assembler))
  }
}
