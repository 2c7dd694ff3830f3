internal import CZlib

/// The codings in which content can be sent (RFC 9110, section 8.4.1).
public enum HTTPContentCoding: Sendable, Hashable {
  /// The format of RFC 1952.
  case gzip
  /// The zlib format of RFC 1950, which HTTP calls `deflate`.
  case deflate

  /// The header field that announces the coding, in wire form.
  public var field: StaticString {
    switch self {
    case .gzip: "Content-Encoding: gzip\r\n"
    case .deflate: "Content-Encoding: deflate\r\n"
    }
  }

  /// Chooses the coding that a client likes best (RFC 9110, section 12.5.3); `gzip` if it likes both alike.
  ///
  /// - Parameter accepted: the content of `Accept-Encoding`.
  /// - Returns: `nil` if the client wants neither, or likes the content better as it is.
  public static func choose(_ accepted: String) -> HTTPContentCoding? {
    var gzip: Int?
    var deflate: Int?
    var identity: Int?
    var others: Int?
    for element in accepted.split(separator: ",") {
      let parts = element.split(separator: ";", omittingEmptySubsequences: false).map {
        $0.filter { $0 != " " && $0 != "\t" }
      }
      let quality = parts.dropFirst().compactMap(quality).first ?? 1000
      switch parts.first?.lowercased() {
      case "gzip", "x-gzip": gzip = quality
      case "deflate": deflate = quality
      case "identity": identity = quality
      case "*": others = quality
      default: break
      }
    }
    let gzipQuality = gzip ?? others ?? 0
    let deflateQuality = deflate ?? others ?? 0
    let best = max(gzipQuality, deflateQuality)
    guard best > 0, best >= identity ?? 0 else { return nil }
    return gzipQuality == best ? .gzip : .deflate
  }

  /// Reads a parameter `q=0.123` as thousandths; a weight that is not valid counts as none at all.
  private static func quality(_ parameter: String) -> Int? {
    guard parameter.lowercased().hasPrefix("q=") else { return nil }
    let parts = parameter.dropFirst(2).split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = Int(parts[0]), (0...1).contains(whole) else { return 0 }
    let fraction = parts.count > 1 ? String((parts[1] + "000").prefix(3)) : "000"
    guard let thousandths = Int(fraction), thousandths >= 0 else { return 0 }
    return min(1000, whole * 1000 + thousandths)
  }
}

/// Compresses content; keeps the memory of zlib for the next one. Not to be used by two threads at once.
public final class HTTPCompressor {
  private var streams: [HTTPContentCoding: UnsafeMutablePointer<z_stream>] = [:]

  /// Creates a compressor; memory is taken when it is first used.
  public init() {}

  deinit {
    for stream in streams.values {
      deflateEnd(stream)
      stream.deallocate()
    }
  }

  private func stream(_ coding: HTTPContentCoding) -> UnsafeMutablePointer<z_stream>? {
    if let stream = streams[coding] { return deflateReset(stream) == Z_OK ? stream : nil }
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let result = deflateInit2_(
      stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, coding == .gzip ? 15 + 16 : 15, 8, Z_DEFAULT_STRATEGY, zlibVersion(),
      Int32(MemoryLayout<z_stream>.size))
    guard result == Z_OK else {
      stream.deallocate()
      return nil
    }
    streams[coding] = stream
    return stream
  }

  /// Compresses content as a whole.
  ///
  /// - Returns: `nil` if it does not become shorter, or zlib has no memory; then it is to be sent as it is.
  public func compress(_ content: borrowing RawSpan, _ coding: HTTPContentCoding) -> [UInt8]? {
    guard content.byteCount > 0, content.byteCount <= Int(Int32.max), let stream = stream(coding) else { return nil }
    return content.withUnsafeBytes { content in
      // A result that does not fit is none.
      let result = [UInt8](unsafeUninitializedCapacity: content.count) { room, count in
        stream.pointee.next_in = UnsafeMutablePointer(
          mutating: content.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(content.count)
        stream.pointee.next_out = room.baseAddress
        stream.pointee.avail_out = UInt32(content.count)
        count = CZlib.deflate(stream, Z_FINISH) == Z_STREAM_END ? content.count - Int(stream.pointee.avail_out) : 0
      }
      return result.isEmpty ? nil : result
    }
  }
}
