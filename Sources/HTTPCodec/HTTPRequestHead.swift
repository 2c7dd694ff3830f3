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

/// What the form of a response depends on in the request.
public struct HTTPRequestForm: Sendable {
  /// Whether the request is HTTP/1.1; otherwise it is HTTP/1.0.
  public let isHTTP11: Bool
  /// Whether the method is HEAD, whose answer has no content.
  public let isHead: Bool
  /// Whether the connection stays open after the answer (RFC 9112, section 9.3).
  public let isKeepAlive: Bool

  /// The form of a request.
  public init(_ head: borrowing HTTPRequestHead) {
    isHTTP11 = head.isHTTP11
    isHead = head.method == .head
    isKeepAlive = head.isKeepAlive
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
  ///
  /// Bytes and fields have memory of their own rather than arrays: a head is looked at a dozen times on its way, and each
  /// look at an array that may change takes a reference to it and gives it back.
  final class Storage: @unchecked Sendable {
    // @unchecked: only the parser writes, before anybody else sees it.

    private var memory: UnsafeMutableRawBufferPointer
    private var fieldMemory: UnsafeMutableBufferPointer<Field>
    @exclusivity(unchecked) private var count = 0
    @exclusivity(unchecked) private(set) var fieldCount = 0
    @exclusivity(unchecked) var method = HTTPRequestMethod.get
    @exclusivity(unchecked) var isHTTP11 = true
    @exclusivity(unchecked) var path: Range<Int> = 0..<0
    @exclusivity(unchecked) var query: Range<Int>?
    @exclusivity(unchecked) var isKeepAlive = true
    @exclusivity(unchecked) var contentLength: Int?
    @exclusivity(unchecked) var isChunked = false
    @exclusivity(unchecked) var expectsContinue = false
    @exclusivity(unchecked) var isUpgradeToWebSocket = false

    init(_ bytes: UnsafeRawBufferPointer) {
      memory = .allocate(byteCount: max(bytes.count, 256), alignment: 8)
      fieldMemory = .allocate(capacity: 12)
      take(bytes)
    }

    deinit {
      memory.deallocate()
      fieldMemory.deallocate()
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
      memory.copyMemory(from: bytes)
      count = bytes.count
    }

    /// Begins anew for another head, in the memory of this one.
    func restart(_ bytes: UnsafeRawBufferPointer) {
      if bytes.count > memory.count {
        memory.deallocate()
        memory = .allocate(byteCount: bytes.count, alignment: 8)
      }
      take(bytes)
      fieldCount = 0
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

    func append(_ field: Field) {
      if fieldCount == fieldMemory.count {
        let more = UnsafeMutableBufferPointer<Field>.allocate(capacity: 2 * fieldCount)
        _ = more.initialize(fromContentsOf: fieldMemory)
        fieldMemory.deallocate()
        fieldMemory = more
      }
      fieldMemory.initializeElement(at: fieldCount, to: field)
      fieldCount += 1
    }

    /// The head, for as long as somebody holds this.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }
    /// The fields, for as long as somebody holds this.
    var fields: UnsafeBufferPointer<Field> { UnsafeBufferPointer(rebasing: fieldMemory[..<fieldCount]) }
    /// The size of the memory for the bytes.
    var capacity: Int { memory.count }
  }
  private var storage: Storage

  init(_ storage: Storage) { self.storage = storage }

  /// Heads that are longer, in bytes, give their memory back.
  private static let maxReusedBytes = 1024

  /// The storage for another head, if nobody else holds this one.
  consuming func reclaim() -> Storage? {
    var storage = storage
    return isKnownUniquelyReferenced(&storage) && storage.capacity <= Self.maxReusedBytes ? storage : nil
  }

  /// The head as it came, without the empty line.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    get { _overrideLifetime(RawSpan(_unsafeBytes: storage.bytes), borrowing: self) }
  }

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
  public var fieldCount: Int { storage.fieldCount }

  /// The name and the value of a header field, by its place.
  public func field(at index: Int) -> (name: Range<Int>, value: Range<Int>) {
    withExtendedLifetime(storage) { storage in
      let field = storage.fields[index]
      return (field.nameRange, field.valueRange)
    }
  }

  /// The value of the first field with a name, whose letters are to be lower case.
  public func field(_ name: StaticString) -> Range<Int>? {
    withExtendedLifetime(storage) { storage in
      let (bytes, fields) = (storage.bytes, storage.fields)
      for field in fields where field.isNamed(name, bytes) { return field.valueRange }
      return nil
    }
  }

  /// The text of a range.
  public func string(_ range: Range<Int>) -> String {
    withExtendedLifetime(storage) { String(decoding: $0.bytes[range], as: UTF8.self) }
  }

  /// The value of a field as text; the values of several fields of that name are joined by commas.
  ///
  /// - Parameter name: in lower case.
  public func value(_ name: StaticString) -> String? {
    guard let first = field(name) else { return nil }
    return withExtendedLifetime(storage) { storage in
      let (bytes, fields) = (storage.bytes, storage.fields)
      var result = String(decoding: bytes[first], as: UTF8.self)
      for field in fields where Int(field.value) > first.lowerBound && field.isNamed(name, bytes) {
        result += ", \(String(decoding: bytes[field.valueRange], as: UTF8.self))"
      }
      return result
    }
  }

  /// Whether the content is said to be `application/octet-stream`, whatever parameters follow.
  public var contentIsOctetStream: Bool {
    guard let range = field("content-type") else { return false }
    let type: StaticString = "application/octet-stream"
    let length = type.utf8CodeUnitCount
    guard range.count >= length else { return false }
    return withExtendedLifetime(storage) {
      $0.bytes.equalsIgnoringCase(range.lowerBound..<range.lowerBound + length, type)
    }
  }
}

extension HTTPRequestHead.Field {
  var nameRange: Range<Int> { Int(name)..<Int(name) + Int(nameCount) }
  var valueRange: Range<Int> { Int(value)..<Int(value) + Int(valueCount) }

  /// Whether the field has a name, which is given in lower case.
  @inline(__always)
  func isNamed(_ name: StaticString, _ bytes: UnsafeRawBufferPointer) -> Bool {
    Int(nameCount) == name.utf8CodeUnitCount && bytes.equalsIgnoringCase(nameRange, name)
  }
}

extension UInt8 {
  /// The byte with an upper-case ASCII letter made lower case.
  @inline(__always)
  var asciiLowercased: UInt8 { self &- 65 < 26 ? self | 0x20 : self }
}
