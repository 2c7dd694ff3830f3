import MessageQueues
import Testing

struct RESPDecoderTests {
  static let stream =
    "+OK\r\n-ERR no\r\n:-42\r\n$5\r\na\r\nbc\r\n$-1\r\n*-1\r\n$0\r\n\r\n*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\n{}\r\n*0\r\n"
    + "_\r\n#t\r\n,1.5\r\n(123\r\n=6\r\ntxt:ab\r\n!5\r\nERR x\r\n%1\r\n+a\r\n:1\r\n~1\r\n:7\r\n>2\r\n+x\r\n*1\r\n:1\r\n"
    + "|1\r\n+ttl\r\n:9\r\n+after\r\n"
  static let values: [RESPValue] = [
    .simple("OK"), .error("ERR no"), .integer(-42), .bulk(Array("a\r\nbc".utf8)), .null, .null, .bulk([]),
    .array([.bulk(Array("message".utf8)), .bulk(Array("c".utf8)), .bulk(Array("{}".utf8))]), .array([]), .null,
    .boolean(true), .double(1.5), .simple("123"), .bulk(Array("ab".utf8)), .error("ERR x"),
    .array([.simple("a"), .integer(1)]), .array([.integer(7)]), .push([.simple("x"), .array([.integer(1)])]),
    .simple("after"),
  ]

  func decode(_ bytes: [UInt8], pieces: Int, maxBulkBytes: Int = 1 << 20) throws -> [RESPValue] {
    var decoder = RESPDecoder(maxBulkBytes: maxBulkBytes)
    var values: [RESPValue] = []
    var index = 0
    while index < bytes.count {
      let end = min(index + pieces, bytes.count)
      try bytes[index..<end].withUnsafeBytes { try decoder.receive($0) { values.append($0) } }
      index = end
    }
    return values
  }

  @Test(arguments: [1, 2, 3, 7, 10_000]) func readsInWhateverPieces(_ pieces: Int) throws {
    #expect(try decode(Array(Self.stream.utf8), pieces: pieces) == Self.values)
  }

  @Test(arguments: [1, 5, 10_000]) func throwsAwayWhatIsTooLarge(_ pieces: Int) throws {
    let text = "*2\r\n$1\r\na\r\n$9\r\n123456789\r\n$8\r\n12345678\r\n"
    let values = try decode(Array(text.utf8), pieces: pieces, maxBulkBytes: 8)
    #expect(values == [.array([.bulk([0x61]), .oversized(9)]), .bulk(Array("12345678".utf8))])
  }

  @Test(arguments: [
    "?\r\n", "\r\n", "$x\r\n", "$-2\r\n", "*-5\r\n", ":1x\r\n", ":99999999999999999999999\r\n", "$2\r\nabc\r\n",
    "+a\rb", ",x\r\n",
    "*9999999999\r\n", "%9999999\r\n", "$99999999999999\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
  ]) func refusesWhatIsNoRESP(_ text: String) {
    for pieces in [1, 100] {
      #expect(throws: MessageQueueError.self) { try decode(Array(text.utf8), pieces: pieces) }
    }
  }

  @Test func refusesALineWithoutEnd() {
    #expect(throws: MessageQueueError.self) { try decode(Array(repeating: 0x2b, count: 100_000), pieces: 1000) }
  }

  @Test func writesCommands() {
    #expect(String(decoding: RESPCommand.encode(["PING", "ü"]), as: UTF8.self) == "*2\r\n$4\r\nPING\r\n$2\r\nü\r\n")
  }

  @Test func readsURLs() throws {
    func read(_ text: String) throws -> RedisConfiguration { try RedisConfiguration(MessageQueueURL(text)) }
    let plain = try read("redis://:pw@h/3")
    #expect(
      plain.hosts == [.init(name: "h", port: 6379)] && plain.database == 3 && plain.password == "pw"
        && plain.user == nil)
    #expect(try read("redis://").hosts == [.init(name: "localhost", port: 6379)])
    #expect(try read("valkeys://u:p@h:1").usesTLS)
    let unix = try read("redis+unix://:pw@/run/r.sock?db=2")
    #expect(unix.socketPath == "/run/r.sock" && unix.database == 2 && unix.password == "pw" && unix.hosts.isEmpty)
    let sentinel = try read("redis+sentinel://:pw@h1:1,h2/4/main")
    #expect(sentinel.hosts == [.init(name: "h1", port: 1), .init(name: "h2", port: 26379)])
    #expect(sentinel.sentinelService == "main" && sentinel.database == 4)
    for wrong in ["redis://h/x", "redis://h/-1", "unix://", "redis+sentinel://h", "redis://h/1/2"] {
      #expect(throws: MessageQueueError.self) { try read(wrong) }
    }
  }
}
