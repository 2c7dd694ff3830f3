#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The parameters of a request that Engine.IO knows. The first value of a repeated parameter counts.
public struct EngineIOQuery: Sendable {
  /// The transports that a request can name.
  public enum Transport: Sendable, Hashable {
    /// HTTP long-polling.
    case polling
    /// WebSocket.
    case websocket
  }

  /// The transport; `nil` if it is missing or unknown.
  public private(set) var transport: Transport?
  /// The revision; `nil` if it is missing or unknown. Clients of revision 2 are served as those of 3, as the engine of
  /// Flask-SocketIO 4 did: what differs is that they know no binary data.
  public private(set) var revision: EngineIORevision?
  /// The session: `nil` if none is named, and `.some(nil)` if what is named can be no id.
  public private(set) var session: EngineIOSessionID??
  /// Whether the client cannot take binary data.
  public private(set) var isBase64 = false
  /// The index of the callback of a JSONP poll.
  public private(set) var jsonpIndex: Int?

  /// Creates a query without parameters.
  public init() {}

  /// Reads the part of a request target behind the question mark.
  public init(_ query: borrowing RawSpan) {
    var seen: UInt8 = 0
    query.withUnsafeBytes { query in
      var rest = query[...]
      while !rest.isEmpty {
        let end = rest.firstPlace(of: UInt8(ascii: "&")) ?? rest.endIndex
        if let equals = rest[..<end].firstPlace(of: UInt8(ascii: "=")) {
          let name = UnsafeRawBufferPointer(rebasing: rest[..<equals])
          read(name, UnsafeRawBufferPointer(rebasing: rest[(equals + 1)..<end]), &seen)
        }
        rest = end < rest.endIndex ? rest[(end + 1)...] : rest[end...]
      }
    }
  }

  private mutating func read(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ seen: inout UInt8) {
    func isFirst(_ bit: UInt8) -> Bool {
      defer { seen |= bit }
      return seen & bit == 0
    }
    switch name.count {
    case 9 where name.equals("transport") && isFirst(1):
      if value.equals("websocket") { transport = .websocket }
      if value.equals("polling") { transport = .polling }
    case 3 where name.equals("EIO") && isFirst(2):
      if value.equals("4") { revision = .v4 }
      if value.equals("3") || value.equals("2") { revision = .v3 }
    case 3 where name.equals("sid") && isFirst(4):
      if !value.isEmpty { session = .some(EngineIOSessionID(value.bytes)) }
    case 3 where name.equals("b64") && isFirst(8):
      isBase64 = !value.isEmpty
    case 1 where name[0] == UInt8(ascii: "j") && isFirst(16):
      // As in the reference implementation only the digits count.
      var index = 0
      for byte in value where byte &- 0x30 < 10 && index < 1_000_000_000 { index = index * 10 + Int(byte - 0x30) }
      jsonpIndex = index
    default: break
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Whether these are the bytes of a text.
  fileprivate func equals(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount, let base = baseAddress else { return false }
    return memcmp(base, text.utf8Start, count) == 0
  }
}

extension Slice<UnsafeRawBufferPointer> {
  /// The place of the first byte of a value.
  fileprivate func firstPlace(of byte: UInt8) -> Int? {
    guard !isEmpty, let start = base.baseAddress, let found = memchr(start + startIndex, Int32(byte), count) else {
      return nil
    }
    return UnsafeRawPointer(found) - start
  }
}
