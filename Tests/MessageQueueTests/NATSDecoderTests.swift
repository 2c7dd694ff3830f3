import MessageQueues
import Testing

struct NATSDecoderTests {
  static let stream =
    "INFO {\"max_payload\":1048576}\r\nPING\r\n+OK\r\nMSG a.b 1 5\r\na\r\nbc\r\nMSG\tx 22 reply 0\r\n\r\npong\r\n"
    + "-ERR 'Permissions Violation for Publish to \"a\"'\r\n"
  static let messages: [NATSMessage] = [
    .info(Array("{\"max_payload\":1048576}".utf8)), .ping, .ok,
    .message(subject: "a.b", subscription: 1, payload: Array("a\r\nbc".utf8)),
    .message(subject: "x", subscription: 22, payload: []), .pong,
    .error("Permissions Violation for Publish to \"a\""),
  ]

  func decode(_ bytes: [UInt8], pieces: Int, maxPayloadBytes: Int = 1 << 20) throws -> [NATSMessage] {
    var decoder = NATSDecoder(maxPayloadBytes: maxPayloadBytes)
    var messages: [NATSMessage] = []
    var index = 0
    while index < bytes.count {
      let end = min(index + pieces, bytes.count)
      try bytes[index..<end].withUnsafeBytes { bytes in
        try decoder.receive(bytes) { message in
          messages.append(message)
          return true
        }
      }
      index = end
    }
    return messages
  }

  @Test(arguments: [1, 2, 3, 7, 10_000]) func readsInWhateverPieces(_ pieces: Int) throws {
    #expect(try decode(Array(Self.stream.utf8), pieces: pieces) == Self.messages)
  }

  @Test(arguments: [1, 5, 10_000]) func throwsAwayWhatIsTooLarge(_ pieces: Int) throws {
    let text = "MSG a 1 9\r\n123456789\r\nMSG a 2 8\r\n12345678\r\n"
    #expect(
      try decode(Array(text.utf8), pieces: pieces, maxPayloadBytes: 8) == [
        .oversized(subject: "a", subscription: 1, bytes: 9),
        .message(subject: "a", subscription: 2, payload: Array("12345678".utf8)),
      ])
  }

  @Test func keepsBackWhatFollowsTheGreeting() throws {
    var decoder = NATSDecoder()
    try Array("INFO {}\r\nPING\r\n".utf8).withUnsafeBytes { bytes in
      try decoder.receive(bytes) { _ in false }
    }
    #expect(decoder.takeRest() == Array("PING\r\n".utf8))
  }

  @Test(arguments: [
    "WHAT\r\n", "\r\n", "PING\n", "MSG a 1\r\n", "MSG a 1 x\r\n", "MSG a 1 -1\r\n", "MSG a 1 2\r\nabc\r\n",
    "MSG a 1 b c 2\r\n", "MSG a 1 99999999999\r\n", "INFO " + String(repeating: "x", count: 70_000),
  ])
  func refusesWhatIsNoMessage(_ text: String) {
    #expect(throws: MessageQueueError.self) { try decode(Array(text.utf8), pieces: 10_000) }
  }
}
