/// The revisions of the Engine.IO protocol that are spoken.
public enum EngineIORevision: UInt8, Sendable, Hashable, CaseIterable {
  /// Revision 3: JavaScript clients 1.x and 2.x.
  case v3 = 3
  /// Revision 4: JavaScript clients 3.x and 4.x.
  case v4 = 4
}

/// The errors that a request of Engine.IO can be answered with.
public enum EngineIORequestError: Int, Error, Sendable, Hashable {
  /// The transport is unknown, or not enabled.
  case unknownTransport = 0
  /// There is no such session, or not any more.
  case unknownSession = 1
  /// A session can only be opened with GET.
  case badHandshakeMethod = 2
  /// The request does not fit the session.
  case badRequest = 3
  /// The page may not connect.
  case forbidden = 4
  /// The revision of the protocol is missing or not spoken.
  case unsupportedVersion = 5

  /// The status code of the answer.
  public var status: Int { self == .forbidden ? 403 : 400 }

  /// The JSON text of the answer.
  public var body: StaticString {
    switch self {
    case .unknownTransport: #"{"code":0,"message":"Transport unknown"}"#
    case .unknownSession: #"{"code":1,"message":"Session ID unknown"}"#
    case .badHandshakeMethod: #"{"code":2,"message":"Bad handshake method"}"#
    case .badRequest: #"{"code":3,"message":"Bad request"}"#
    case .forbidden: #"{"code":4,"message":"Forbidden"}"#
    case .unsupportedVersion: #"{"code":5,"message":"Unsupported protocol version"}"#
    }
  }

  /// The JSON text of an answer with another message.
  public func body(message: String) -> [UInt8] {
    var out = Array("{\"code\":\(rawValue),\"message\":\"".utf8)
    for scalar in message.unicodeScalars {
      switch scalar {
      case "\"", "\\": out += "\\\(scalar)".utf8
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        out += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
      default: out += String(scalar).utf8
      }
    }
    return out + "\"}".utf8
  }
}

/// A payload that cannot be read: the client's fault.
public enum EngineIOPayloadError: Error, Sendable, Hashable {
  /// There is nothing where a packet must be.
  case emptyPacket
  /// A length is missing, not a number, or does not fit.
  case invalidLength
  /// Text is not UTF-8.
  case invalidText
  /// Binary data in text form is not base64.
  case invalidBase64
  /// There are more packets than are taken.
  case tooManyPackets
}
