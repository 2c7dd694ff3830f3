internal import CZlib

/// A compressor of zlib for messages of permessage-deflate.
final class Deflater {
  private let stream: UnsafeMutablePointer<z_stream>

  /// Takes the memory; `nil` if there is none.
  init?(windowBits: Int, level: Int, memoryLevel: Int) {
    stream = makeStream()
    let result = deflateInit2_(
      stream, Int32(level), Z_DEFLATED, -Int32(max(9, windowBits)), Int32(memoryLevel), Z_DEFAULT_STRATEGY,
      zlibVersion(), Int32(MemoryLayout<z_stream>.size))
    guard result == Z_OK else {
      stream.deallocate()
      return nil
    }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// Forgets the window.
  func reset() -> Bool { deflateReset(stream) == Z_OK }

  /// Appends the compressed form of a message (RFC 7692, section 7.2.1).
  ///
  /// - Returns: `false` if zlib failed; the stream is of no use any more.
  func compress(_ payload: UnsafeRawBufferPointer, to out: inout [UInt8]) -> Bool {
    guard payload.count <= Int(UInt32.max) else { return false }
    let start = out.count
    stream.pointee.next_in = UnsafeMutablePointer(mutating: payload.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(payload.count)
    repeat {
      guard step(stream, into: &out, { deflate($0, Z_SYNC_FLUSH) }) >= Z_OK else { return false }
    } while stream.pointee.avail_out == 0
    if out[start...].suffix(4) == [0, 0, 0xff, 0xff] { out.removeLast(4) }
    if out.count == start { out.append(0) }
    return true
  }
}

/// A decompressor of zlib for messages of permessage-deflate.
final class Inflater {
  private let stream: UnsafeMutablePointer<z_stream>

  /// Takes the memory; `nil` if there is none.
  init?(windowBits: Int) {
    stream = makeStream()
    let result = inflateInit2_(
      stream, -Int32(max(9, windowBits)), zlibVersion(), Int32(MemoryLayout<z_stream>.size))
    guard result == Z_OK else {
      stream.deallocate()
      return nil
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Forgets the window.
  func reset() -> Bool { inflateReset(stream) == Z_OK }

  /// Inflates a message (RFC 7692, section 7.2.2).
  func inflate(_ payload: [UInt8], limit: Int) throws(WebSocketError) -> [UInt8] {
    enum Outcome { case done, invalid, tooBig }
    var out: [UInt8] = []
    var input = payload
    input.append(contentsOf: [0, 0, 0xff, 0xff])
    let outcome = input.withUnsafeMutableBufferPointer { input -> Outcome in
      stream.pointee.next_in = input.baseAddress
      stream.pointee.avail_in = UInt32(truncatingIfNeeded: input.count)
      repeat {
        let result = step(stream, into: &out) { CZlib.inflate($0, Z_SYNC_FLUSH) }
        guard out.count <= limit else { return .tooBig }
        if result == Z_STREAM_END {
          // A final block: what follows, if anything, begins a new stream, which may still refer to the window.
          guard inflateResetKeep(stream) == Z_OK else { return .invalid }
          // Some compressors leave out the empty byte behind it (RFC 7692, section 7.2.3.4).
          if stream.pointee.avail_in <= 4 { return .done }
          continue
        }
        guard result == Z_OK else { return .invalid }
        // 128 stands for the end of a block.
        if stream.pointee.avail_in == 0, stream.pointee.data_type & 128 != 0 { return .done }
      } while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0
      // The message ends within a block: it is not complete.
      return .invalid
    }
    switch outcome {
    case .done: return out
    case .invalid: throw WebSocketError(.invalidPayload, "a message cannot be inflated")
    case .tooBig: throw WebSocketError(.tooBig, "a message inflates to more than \(limit) bytes")
    }
  }
}

private func makeStream() -> UnsafeMutablePointer<z_stream> {
  let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  stream.initialize(to: z_stream())
  return stream
}

/// Gives zlib another piece of room and appends what it made.
private func step(
  _ stream: UnsafeMutablePointer<z_stream>, into out: inout [UInt8], _ body: (UnsafeMutablePointer<z_stream>) -> Int32
) -> Int32 {
  withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16 << 10) { room in
    stream.pointee.next_out = room.baseAddress
    stream.pointee.avail_out = UInt32(room.count)
    let result = body(stream)
    out.append(contentsOf: room[..<(room.count - Int(stream.pointee.avail_out))])
    // Running out of input is the normal end of a step.
    return result == Z_BUF_ERROR ? Z_OK : result
  }
}
