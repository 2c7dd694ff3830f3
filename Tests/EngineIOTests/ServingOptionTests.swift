import AsyncModes
import HTTPCodec
import ServerTesting
import Testing
import WebSocketCodec

@testable import HTTPServing

/// What HTTPServing and the codecs decide from options and header fields.
struct ServingOptionTests {
  @Test(arguments: [
    ("gzip", HTTPContentCoding.gzip), ("deflate", .deflate), ("deflate, gzip", .gzip),
    ("gzip;q=0.2,deflate;q=0.3", .deflate), ("*;q=0.5", .gzip), ("gzip;q=0, *", .deflate), ("x-gzip", .gzip),
    ("gzip;q=1.000", .gzip), ("gzip ; q=0.001", .gzip),
  ])
  func choosesACoding(_ accepted: String, _ coding: HTTPContentCoding) {
    #expect(HTTPContentCoding.choose(accepted) == coding)
  }

  @Test(arguments: [
    "", "br", "gzip;q=0", "gzip;q=0.000, deflate;q=0", "identity", "identity, gzip;q=0.9", "gzip;q=-1", ";",
  ])
  func choosesNoCoding(_ accepted: String) { #expect(HTTPContentCoding.choose(accepted) == nil) }

  @Test
  func compressesManyTimesWithOneCompressor() {
    let compressor = HTTPCompressor()
    let text = [UInt8](repeating: 97, count: 5000)
    let first = compressor.compress(text.span.bytes, .gzip)
    #expect(first.map { $0.count < 100 && $0.starts(with: [0x1f, 0x8b]) } == true)
    let second = compressor.compress(text.span.bytes, .gzip)
    let other = compressor.compress(text.span.bytes, .deflate)
    #expect(second == first && other?.first == 0x78)
    // What does not become shorter is not compressed.
    let short = compressor.compress([1, 2, 3].span.bytes, .gzip)
    #expect(short == nil)
  }

  @Test
  func readsRanges() throws {
    func contains(_ range: String, _ address: String) throws -> Bool {
      try #require(IPAddressRange(range)).contains(try #require(IPAddress(address)))
    }
    #expect(try contains("10.0.0.0/8", "10.255.0.1"))
    #expect(try !contains("10.0.0.0/8", "11.0.0.1"))
    #expect(try contains("10.0.0.0/8", "::ffff:10.1.1.1"))
    #expect(try contains("0.0.0.0/0", "203.0.113.7"))
    #expect(try !contains("0.0.0.0/0", "2001:db8::1"))
    #expect(try contains("2001:db8::/33", "2001:db8:7fff::1"))
    #expect(try !contains("2001:db8::/33", "2001:db8:8000::1"))
    #expect(try contains("2001:db8::/127", "2001:db8::1"))
    #expect(try !contains("2001:db8::/127", "2001:db8::2"))
    #expect(try contains("::/0", "10.0.0.1"))
    for wrong in ["", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "::/129", "10.0.0.0/", "localhost", "10.0.0.256"] {
      #expect(IPAddressRange(wrong) == nil)
      #expect { try TrustedProxies([wrong]) } throws: { "\($0)".contains("trustedProxies has \"\(wrong)\"") }
    }
  }

  @Test
  func countsAddresses() throws {
    let limit = try AddressLimit(2, name: "limit")
    let four = try SocketAddress.ip("203.0.113.7", port: 1)
    let again = try SocketAddress.ip("203.0.113.7", port: 2)
    let other = try SocketAddress.ip("203.0.113.8", port: 1)
    #expect(limit.enter(four) && limit.enter(again) && !limit.enter(four) && limit.enter(other))
    limit.leave(four)
    #expect(limit.enter(four) && !limit.enter(four))
    #expect(limit.refusals == 2)
    // Peers without an address are not limited.
    for _ in 0..<3 { #expect(limit.enter(nil)) }
    #expect { try AddressLimit(0, name: "limit") } throws: { "\($0)".contains("limit is 0") }
  }

  @Test
  func wrongOptionsAreNamed() {
    var options = HTTPServingOptions()
    options.requestTimeout = .zero
    #expect { try options.validate() } throws: { "\($0)".contains("requestTimeout is 0") }
    options = HTTPServingOptions()
    options.limits.maxFieldCount = 1001
    #expect { try options.validate() } throws: { "\($0)".contains("limits.maxFieldCount is 1001") }
    #expect(throws: Never.self) { try HTTPServingOptions().validate() }
  }

  // MARK: permessage-deflate

  private static func compress(_ bytes: [UInt8], _ deflate: PerMessageDeflate) -> [UInt8]? {
    deflate.compress(bytes.span.bytes)
  }

  private func negotiate(_ offers: String, _ change: (inout PerMessageDeflate.Configuration) -> Void = { _ in })
    -> String?
  {
    var configuration = PerMessageDeflate.Configuration()
    change(&configuration)
    return PerMessageDeflate.negotiate(offers, configuration)?.headerValue
  }

  @Test
  func negotiatesWindows() {
    let none = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    #expect(negotiate("permessage-deflate") == none)
    #expect(negotiate("permessage-deflate; client_max_window_bits") == none)
    #expect(negotiate("x, permessage-deflate; server_max_window_bits=10") == none + "; server_max_window_bits=10")
    // Only a client that says so can be asked for a smaller window.
    #expect(negotiate("permessage-deflate") { $0.clientMaxWindowBits = 10 } == none)
    #expect(
      negotiate("permessage-deflate; client_max_window_bits") { $0.clientMaxWindowBits = 10 }
        == none + "; client_max_window_bits=10")
    #expect(
      negotiate("permessage-deflate; client_max_window_bits=9") { $0.clientMaxWindowBits = 10 }
        == none + "; client_max_window_bits=9")
    #expect(
      negotiate("permessage-deflate") {
        $0.serverContextTakeover = true
        $0.clientContextTakeover = true
        $0.serverMaxWindowBits = 12
      } == "permessage-deflate; server_max_window_bits=12")
    #expect(negotiate("permessage-deflate; server_max_window_bits=8") == nil)
    #expect(negotiate("permessage-deflate; unknown") == nil)
    #expect(negotiate("deflate") == nil)
  }

  @Test
  func oneCompressedFrameServesManyRecipients() throws {
    let configuration = PerMessageDeflate.Configuration()
    let pool = DeflatePool(configuration)
    let parameters = try #require(PerMessageDeflate.negotiate("permessage-deflate", configuration))
    let recipients = (0..<3).map { _ in PerMessageDeflate(parameters, configuration, pool: pool) }
    var frame: [UInt8] = []
    WebSocketEncoder.appendHeader(opcode: .text, payloadCount: 3000, to: &frame)
    let offset = frame.count
    frame += [UInt8](repeating: 97, count: 3000)
    let frames = try recipients.map { try #require($0.sharedFrame(frame, payloadOffset: offset, opcode: .text)) }
    func address(_ bytes: [UInt8]) -> UnsafeRawPointer? { bytes.withUnsafeBytes { $0.baseAddress } }
    #expect(Set(frames.map(address)).count == 1)
    #expect(frames[0][0] == 0xc1 && frames[0].count < 100)
    #expect(try recipients[1].inflate(Array(frames[0][2...]), limit: 3000) == Array(frame[offset...]))
    // Another frame is another one, and each begins with an empty window.
    var other = frame
    other[offset] = 98
    let second = try #require(recipients[0].sharedFrame(other, payloadOffset: offset, opcode: .text))
    #expect(try recipients[2].inflate(Array(second[2...]), limit: 3000) == Array(other[offset...]))
    // Who keeps a window cannot share.
    var keeping = configuration
    keeping.serverContextTakeover = true
    let own = try #require(PerMessageDeflate.negotiate("permessage-deflate", keeping))
    #expect(PerMessageDeflate(own, keeping, pool: pool).sharedFrame(frame, payloadOffset: offset, opcode: .text) == nil)
  }

  @Test
  func windowsAreKeptAndCounted() throws {
    var configuration = PerMessageDeflate.Configuration()
    configuration.serverContextTakeover = true
    configuration.clientContextTakeover = true
    let parameters = try #require(PerMessageDeflate.negotiate("permessage-deflate", configuration))
    let deflate = PerMessageDeflate(parameters, configuration)
    let text = Array("the quick brown fox jumps over the lazy dog, again and again".utf8)
    let first = try #require(Self.compress(text, deflate))
    let second = try #require(Self.compress(text, deflate))
    #expect(second.count < first.count / 2)
    #expect(try deflate.inflate(first, limit: 100) == text)
    #expect(try deflate.inflate(second, limit: 100) == text)
    let budget = DeflateBudget(bytes: 600_000)
    var held = [budget.reserve(for: parameters, configuration)]
    let one = budget.usedBytes
    #expect(one > 256 << 10 && one < 400 << 10)
    #expect(held[0] != nil && budget.reserve(for: parameters, configuration) == nil && budget.usedBytes == one)
    held = []
    #expect(budget.usedBytes == 0)
    // Without windows there is nothing to be counted.
    configuration = PerMessageDeflate.Configuration()
    let none = try #require(PerMessageDeflate.negotiate("permessage-deflate", configuration))
    #expect(DeflateBudget(bytes: 0).reserve(for: none, configuration) != nil)
  }

  @Test
  func bombsAreRefused() throws {
    let configuration = PerMessageDeflate.Configuration()
    let parameters = try #require(PerMessageDeflate.negotiate("permessage-deflate", configuration))
    let deflate = PerMessageDeflate(parameters, configuration)
    let bomb = try #require(Self.compress([UInt8](repeating: 0, count: 10 << 20), deflate))
    #expect(bomb.count < 20_000)
    #expect { try deflate.inflate(bomb, limit: 1_000_000) } throws: { ($0 as? WebSocketError)?.closeCode == .tooBig }
    #expect(try deflate.inflate(bomb, limit: 10 << 20).count == 10 << 20)
    // The streams are of use afterwards.
    let small = try #require(Self.compress([1, 2, 3], deflate))
    #expect(try deflate.inflate(small, limit: 3) == [1, 2, 3])
  }
}
