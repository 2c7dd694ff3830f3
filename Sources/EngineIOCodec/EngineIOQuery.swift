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
      var start = 0
      while start < query.count {
        var end = start
        var equals: Int?
        while end < query.count, query[end] != UInt8(ascii: "&") {
          if equals == nil, query[end] == UInt8(ascii: "=") { equals = end }
          end += 1
        }
        if let equals {
          let name = UnsafeRawBufferPointer(rebasing: query[start..<equals])
          read(name, UnsafeRawBufferPointer(rebasing: query[(equals + 1)..<end]), &seen)
        }
        start = end + 1
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
    guard count == text.utf8CodeUnitCount else { return false }
    for index in 0..<count where self[index] != text.utf8Start[index] { return false }
    return true
  }
}
