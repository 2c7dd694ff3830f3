import CZlib
import CodecTesting
import HTTPCodec
import Testing

@Suite struct ContentCodingTests {
  @Test(
    arguments: [
      ("gzip", .gzip), ("deflate", .deflate), ("gzip, deflate, br", .gzip), ("deflate, gzip", .gzip), ("br", nil),
      ("", nil), ("gzip;q=0", nil), ("gzip;q=0, deflate", .deflate), ("gzip;q=0.5, deflate;q=0.501", .deflate),
      ("GZIP", .gzip), ("x-gzip", .gzip), ("*", .gzip), ("*;q=0", nil), ("gzip;q=0, *", .deflate), ("identity", nil),
      ("gzip;q=0.4, identity;q=0.5", nil), ("gzip ; q=1.0", .gzip), ("gzip;q=abc", nil), ("gzip;Q=0.1", .gzip),
    ] as [(String, HTTPContentCoding?)])
  func choices(_ accepted: String, _ expected: HTTPContentCoding?) {
    #expect(HTTPContentCoding.choose(accepted) == expected)
  }

  private func inflate(_ content: [UInt8], count: Int) -> [UInt8]? {
    var stream = z_stream()
    // Takes gzip and zlib, whichever it is.
    guard inflateInit2_(&stream, 15 + 32, zlibVersion(), Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var content = content
    var out = [UInt8](repeating: 0, count: count + 1)
    let isDone = content.withUnsafeMutableBufferPointer { content in
      out.withUnsafeMutableBufferPointer { out in
        stream.next_in = content.baseAddress
        stream.avail_in = UInt32(content.count)
        stream.next_out = out.baseAddress
        stream.avail_out = UInt32(out.count)
        return CZlib.inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0
      }
    }
    return isDone ? Array(out.dropLast(Int(stream.avail_out))) : nil
  }

  @Test(arguments: [HTTPContentCoding.gzip, .deflate]) func contentComesBack(_ coding: HTTPContentCoding) {
    let compressor = HTTPCompressor()
    for count in [100, 2000, 300_000] {
      let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7 % 50) }
      let compressed = compressor.compress(content.span.bytes, coding)
      #expect(compressed.flatMap { inflate($0, count: count) } == content)
      #expect(compressed?.starts(with: coding == .gzip ? [0x1f, 0x8b] : [0x78]) == true)
    }
  }

  @Test func whatDoesNotBecomeShorterStaysAsItIs() {
    var random = SeededGenerator(seed: 1)
    let compressor = HTTPCompressor()
    #expect(compressor.compress(random.bytes(5000).span.bytes, .gzip) == nil)
    #expect(compressor.compress([UInt8]().span.bytes, .gzip) == nil)
    #expect(compressor.compress([UInt8](repeating: 0, count: 5000).span.bytes, .gzip) != nil)
  }
}
