/// The method of a request (RFC 9110, section 9).
public enum HTTPRequestMethod: Sendable, Hashable {
  /// GET
  case get
  /// POST
  case post
  /// HEAD
  case head
  /// PUT
  case put
  /// DELETE
  case delete
  /// OPTIONS
  case options
  /// PATCH
  case patch
  /// Any other token.
  case other(String)

  /// The name of the method.
  public var name: String {
    switch self {
    case .get: "GET"
    case .post: "POST"
    case .head: "HEAD"
    case .put: "PUT"
    case .delete: "DELETE"
    case .options: "OPTIONS"
    case .patch: "PATCH"
    case .other(let name): name
    }
  }
}

/// The request line and the header fields of a request; owns its bytes, names and values are ranges of them.
///
/// A value is one reference, since it is handed on from layer to layer.
public struct HTTPRequestHead: Sendable {
  struct Field: Sendable {
    var name: UInt16
    var nameCount: UInt16
    var value: UInt16
    var valueCount: UInt16
  }

  /// What the parser fills in; nothing of it changes while anybody else holds it.
  final class Storage: @unchecked Sendable {
    // @unchecked: only the parser writes, before anybody else sees it.

    @exclusivity(unchecked) private(set) var bytes: [UInt8]
    @exclusivity(unchecked) var fields: [Field] = []
    var method = HTTPRequestMethod.get
    var isHTTP11 = true
    var path: Range<Int> = 0..<0
    var query: Range<Int>?
    var isKeepAlive = true
    var contentLength: Int?
    var isChunked = false
    var expectsContinue = false
    var isUpgradeToWebSocket = false

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = Array(bytes) }

    /// Begins anew for another head, in the memory of this one.
    func restart(_ bytes: UnsafeRawBufferPointer) {
      self.bytes.removeAll(keepingCapacity: true)
      self.bytes.append(contentsOf: bytes)
      fields.removeAll(keepingCapacity: true)
      method = .get
      isHTTP11 = true
      path = 0..<0
      query = nil
      isKeepAlive = true
      contentLength = nil
      isChunked = false
      expectsContinue = false
      isUpgradeToWebSocket = false
    }
  }
  private var storage: Storage

  init(_ storage: Storage) { self.storage = storage }

  /// Heads that are longer, in bytes, give their memory back.
  private static let maxReusedBytes = 1024

  /// The storage for another head, if nobody else holds this one.
  mutating func reclaim() -> Storage? {
    isKnownUniquelyReferenced(&storage) && storage.bytes.capacity <= Self.maxReusedBytes ? storage : nil
  }

  /// The head as it came, without the empty line.
  public var bytes: [UInt8] { storage.bytes }
  private var fields: [Field] { storage.fields }
  /// The method.
  public var method: HTTPRequestMethod { storage.method }
  /// Whether the request is HTTP/1.1; otherwise it is HTTP/1.0.
  public var isHTTP11: Bool { storage.isHTTP11 }
  /// The path of the target, still percent-encoded; begins with a slash, or is `*`.
  public var path: Range<Int> { storage.path }
  /// The query of the target without its question mark.
  public var query: Range<Int>? { storage.query }
  /// Whether the connection stays open after the answer (RFC 9112, section 9.3).
  public var isKeepAlive: Bool { storage.isKeepAlive }
  /// The announced length of the content, if it was announced.
  public var contentLength: Int? { storage.contentLength }
  /// Whether the content comes in chunks.
  public var isChunked: Bool { storage.isChunked }
  /// Whether the client waits for `100 Continue`.
  public var expectsContinue: Bool { storage.expectsContinue }
  /// Whether the client asks to speak WebSocket from now on (RFC 6455, section 4.1), with no content in between.
  public var isUpgradeToWebSocket: Bool { storage.isUpgradeToWebSocket }

  /// The number of header fields.
  public var fieldCount: Int { fields.count }

  /// The name and the value of a header field, by its place.
  public func field(at index: Int) -> (name: Range<Int>, value: Range<Int>) {
    let field = fields[index]
    return (
      Int(field.name)..<Int(field.name) + Int(field.nameCount),
      Int(field.value)..<Int(field.value) + Int(field.valueCount)
    )
  }

  /// The value of the first field with a name, whose letters are to be lower case.
  public func field(_ name: StaticString) -> Range<Int>? {
    name.withUTF8Buffer { name in
      for field in fields where Int(field.nameCount) == name.count && matches(field, name) {
        return Int(field.value)..<Int(field.value) + Int(field.valueCount)
      }
      return nil
    }
  }

  private func matches(_ field: Field, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
    let start = Int(field.name)
    for index in 0..<name.count where bytes[start + index].asciiLowercased != name[index] { return false }
    return true
  }

  /// The text of a range.
  public func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// The value of a field as text; the values of several fields of that name are joined by commas.
  ///
  /// - Parameter name: in lower case.
  public func value(_ name: StaticString) -> String? {
    name.withUTF8Buffer { name in
      var result: String?
      for field in fields where Int(field.nameCount) == name.count && matches(field, name) {
        let value = string(Int(field.value)..<Int(field.value) + Int(field.valueCount))
        result = result.map { $0 + ", " + value } ?? value
      }
      return result
    }
  }

  /// Whether the content is said to be `application/octet-stream`, whatever parameters follow.
  public var contentIsOctetStream: Bool {
    guard let range = field("content-type") else { return false }
    let type: StaticString = "application/octet-stream"
    guard range.count >= type.utf8CodeUnitCount else { return false }
    return type.withUTF8Buffer { type in
      for index in 0..<type.count where bytes[range.lowerBound + index].asciiLowercased != type[index] { return false }
      return true
    }
  }
}

extension UInt8 {
  /// The byte with an upper-case ASCII letter made lower case.
  @inline(__always)
  var asciiLowercased: UInt8 { self &- 65 < 26 ? self | 0x20 : self }
}
