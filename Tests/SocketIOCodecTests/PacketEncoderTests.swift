import CodecTesting
import SocketIOCodec
import Testing

@Suite struct PacketEncoderTests {
  private func text(_ write: (inout [UInt8]) -> Void) -> String {
    var out: [UInt8] = []
    write(&out)
    return String(decoding: out, as: UTF8.self)
  }

  @Test func connects() {
    #expect(
      text { SocketIOPacketEncoder.appendConnect(namespace: "/", socketID: "abc", to: &$0) } == #"0{"sid":"abc"}"#)
    #expect(
      text { SocketIOPacketEncoder.appendConnect(namespace: "/n", socketID: "abc", to: &$0) } == #"0/n,{"sid":"abc"}"#)
    #expect(text { SocketIOPacketEncoder.appendConnect(namespace: "/", socketID: nil, to: &$0) } == "0")
    #expect(text { SocketIOPacketEncoder.appendConnect(namespace: "/n", socketID: nil, to: &$0) } == "0/n")
    #expect(text { SocketIOPacketEncoder.appendDisconnect(namespace: "/", to: &$0) } == "1")
    #expect(text { SocketIOPacketEncoder.appendDisconnect(namespace: "/n", to: &$0) } == "1/n,")
  }

  @Test func refusals() {
    func refusal(_ data: SocketValue?, _ version: SocketIOProtocol, namespace: String = "/") -> String {
      text {
        SocketIOPacketEncoder.appendConnectError(
          namespace: namespace, message: "no", data: data, version: version, to: &$0)
      }
    }
    #expect(refusal(nil, .v5) == #"4{"message":"no"}"#)
    #expect(refusal(["code": 42], .v5, namespace: "/n") == #"4/n,{"message":"no","data":{"code":42}}"#)
    #expect(refusal(nil, .v4) == #"4"no""#)
    #expect(refusal(["code": 42], .v4, namespace: "/n") == #"4/n,{"code":42}"#)
  }

  @Test func events() {
    func event(_ arguments: [SocketValue], namespace: String = "/", id: Int64? = nil) -> (String, [[UInt8]]) {
      var attachments: [[UInt8]] = []
      let text = text {
        attachments = SocketIOPacketEncoder.appendEvent("a\"", arguments, namespace: namespace, id: id, to: &$0)
      }
      return (text, attachments)
    }
    #expect(event([]) == (#"2["a\""]"#, []))
    #expect(event([1, nil], namespace: "/n", id: 0) == (#"2/n,0["a\"",1,null]"#, []))
    let binary = event([.binary([1]), ["b": [.binary([2])]], .binary([])], namespace: "/n", id: 12)
    #expect(
      binary.0
        == #"53-/n,12["a\"",{"_placeholder":true,"num":0},{"b":[{"_placeholder":true,"num":1}]},{"_placeholder":true,"num":2}]"#
    )
    #expect(binary.1 == [[1], [2], []])
  }

  @Test func acknowledgements() {
    var attachments: [[UInt8]] = []
    #expect(text { _ = SocketIOPacketEncoder.appendAck([], namespace: "/", id: 3, to: &$0) } == "33[]")
    #expect(
      text { _ = SocketIOPacketEncoder.appendAck([1, "b"], namespace: "/n", id: 0, to: &$0) } == #"3/n,0[1,"b"]"#)
    #expect(
      text { attachments = SocketIOPacketEncoder.appendAck([.binary([7])], namespace: "/n", id: 1, to: &$0) }
        == #"61-/n,1[{"_placeholder":true,"num":0}]"#)
    #expect(attachments == [[7]])
  }

  @Test func textThatIsJSONAlready() {
    func event(_ raw: String) -> String {
      text { SocketIOPacketEncoder.appendEvent("a", raw: Array(raw.utf8).span.bytes, namespace: "/n", id: 1, to: &$0) }
    }
    #expect(event("") == #"2/n,1["a"]"#)
    #expect(event("1,[2]") == #"2/n,1["a",1,[2]]"#)
    #expect(
      text { SocketIOPacketEncoder.appendAck(raw: Array("1".utf8).span.bytes, namespace: "/", id: 1, to: &$0) }
        == "31[1]")
    #expect(
      text { SocketIOPacketEncoder.appendAck(raw: [UInt8]().span.bytes, namespace: "/", id: 1, to: &$0) } == "31[]")
  }

  @Test(arguments: 0..<100) func whatIsEncodedIsDecoded(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let arguments = (0..<Int.random(in: 0...4, using: &random)).map { _ in
      SocketValue.random(depth: 3, isBinary: true, using: &random)
    }
    let namespace = Bool.random(using: &random) ? "/" : "/chat"
    let id = Bool.random(using: &random) ? Int64.random(in: 0...9_007_199_254_740_991, using: &random) : nil
    var limits = SocketIOLimits()
    limits.maxAttachments = 1000
    var blobs: [[UInt8]] = []
    let event = text {
      blobs = SocketIOPacketEncoder.appendEvent("name \"é😀\n", arguments, namespace: namespace, id: id, to: &$0)
    }
    #expect(
      try Packet(decoding: event, limits: limits, blobs: blobs)
        == Packet(
          blobs.isEmpty ? .event : .binaryEvent, namespace: namespace, id: id, attachments: blobs.count,
          name: "name \"é😀\n", arguments: arguments))
    let ack = text { blobs = SocketIOPacketEncoder.appendAck(arguments, namespace: namespace, id: id ?? 0, to: &$0) }
    #expect(
      try Packet(decoding: ack, limits: limits, blobs: blobs)
        == Packet(
          blobs.isEmpty ? .ack : .binaryAck, namespace: namespace, id: id ?? 0, attachments: blobs.count,
          arguments: arguments))
  }
}
