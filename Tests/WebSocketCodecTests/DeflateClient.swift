import CZlib

@testable import WebSocketCodec

/// The other side of permessage-deflate, on zlib itself: compresses as a client does.
final class DeflateClient {
  private var stream = z_stream()

  init(windowBits: Int32 = 15, level: Int32 = 6) {
    deflateInit2_(
      &stream, level, Z_DEFLATED, -windowBits, 8, Z_DEFAULT_STRATEGY, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
  }

  deinit { deflateEnd(&stream) }

  /// Compresses with a flush; the four bytes that RFC 7692 leaves out are left out.
  func compress(_ payload: [UInt8], flush: Int32 = Z_SYNC_FLUSH) -> [UInt8] {
    var payload = payload
    var out = [UInt8](repeating: 0, count: payload.count + payload.count / 4 + 100)
    payload.withUnsafeMutableBufferPointer { payload in
      out.withUnsafeMutableBufferPointer { out in
        stream.next_in = payload.baseAddress
        stream.avail_in = UInt32(payload.count)
        stream.next_out = out.baseAddress
        stream.avail_out = UInt32(out.count)
        _ = deflate(&stream, flush)
      }
    }
    out.removeLast(Int(stream.avail_out))
    if flush == Z_SYNC_FLUSH { out.removeLast(4) }
    return out
  }

  /// Begins a new stream that may refer to what was sent before.
  func restart(window: [UInt8]) {
    deflateReset(&stream)
    deflateSetDictionary(&stream, window, UInt32(window.count))
  }
}

/// A frame whose content is compressed.
func compressedFrame(_ opcode: WebSocketOpcode, _ content: [UInt8], isFinal: Bool = true) -> [UInt8] {
  frame(opcode, content, isFinal: isFinal).flipping(opcode == .continuation ? 0 : 0x40, at: 0)
}
