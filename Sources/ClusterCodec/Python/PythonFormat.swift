internal import SocketIOCodec

/// The messages of python-socketio and Flask-SocketIO, in all of their forms.
///
/// What is read is recognised by its first byte, so servers that write pickle and servers that write JSON are both
/// understood; what is written is chosen by ``Form``. Members that Python does not know carry what its format cannot
/// express, and kinds of messages that it does not know are ignored there; so servers of this package lose nothing among
/// themselves.
public struct PythonFormat: ClusterFormat {
  /// What is written.
  public enum Form: String, Sendable, Hashable {
    /// Pickle, for python-socketio up to 5.13.
    case pickle
    /// JSON, for python-socketio from 5.14 on.
    case json
  }

  /// What the member `data` of JSON messages means.
  public enum DataMeaning: String, Sendable, Hashable {
    /// The list of arguments, as from 5.15.1 on. Messages of 5.14.0 and 5.14.1 are told apart and understood too.
    case arguments
    /// One argument, as in 5.14.2 to 5.15.0, which write it in a form that cannot be told apart from the later one.
    case value
  }

  /// The id of this server.
  public let origin: String
  /// The channel that all servers share.
  public let channel: String
  /// What is written.
  public let form: Form
  /// What is understood.
  public let dataMeaning: DataMeaning
  /// Limits of pickles that are read.
  public let limits: PickleLimits
  /// How own messages begin.
  private let ownBeginnings: [[UInt8]]
  /// How messages of servers of this package begin, up to the id of the server.
  private let beginnings: [[UInt8]]

  /// Creates a format.
  ///
  /// - Parameters:
  ///   - origin: the id of this server, which must be unique among all that share the channel.
  ///   - channel: python-socketio's default is `socketio`, that of Flask-SocketIO `flask-socketio`.
  ///   - form: what is written.
  ///   - dataMeaning: what is understood.
  ///   - limits: of pickles and of the depth of JSON that are read.
  public init(
    origin: String, channel: String, form: Form, dataMeaning: DataMeaning = .arguments,
    limits: PickleLimits = PickleLimits()
  ) {
    self.origin = origin
    self.channel = channel
    self.form = form
    self.dataMeaning = dataMeaning
    self.limits = limits
    ownBeginnings = ["host_id", "from"].flatMap { name in
      [
        PythonField.pickle([(name, .text(origin))]).dropLast(2),
        PythonField.json([(name, .text(origin))]).dropLast(),
      ].map(Array.init)
    }
    beginnings = ownBeginnings.map { own in
      // The id is the last text in it; behind it there may be a quotation mark.
      let end = own.count - (own.last == UInt8(ascii: "\"") ? 1 : 0)
      return Array(own[..<(end - origin.utf8.count)])
    }
  }

  /// The one channel.
  public var channels: [String] { [channel] }

  /// The id of the server that has published a payload, if that is one of this package: those write it first, and all of
  /// their ids have the same length.
  public func sender(of payload: RawSpan, on channel: String) -> String? {
    payload.withUnsafeBytes { bytes in
      guard let beginning = beginnings.first(where: { bytes.starts(with: $0) }) else { return nil }
      let end = beginning.count + origin.utf8.count
      guard bytes.count > end else { return nil }
      return String(decoding: bytes[beginning.count..<end], as: UTF8.self)
    }
  }

  /// Writes a message.
  public func encode(_ message: ClusterMessage) -> [(channel: String, payload: [UInt8])] {
    fields(message).map { (channel, form == .pickle ? PythonField.pickle($0) : PythonField.json($0)) }
  }

  /// Reads a message.
  public func decode(
    _ payload: RawSpan, on channel: String, hasMember: (_ namespace: String, _ rooms: [String]) -> Bool
  ) -> ClusterDecoding {
    let isOwn = payload.withUnsafeBytes { bytes in ownBeginnings.contains { bytes.starts(with: $0) } }
    if isOwn { return .ownEcho }
    do {
      guard payload.byteCount > 0, payload.unsafeFirst == UInt8(ascii: "{") else {
        return try PickleDocument.read(payload, limits: limits) { document throws(PickleError) in
          do { return try interpret(PickleFields(document: document), hasMember) } catch let error as PickleError {
            throw error
          } catch {
            return .malformed("\(error)")
          }
        }
      }
      return try payload.withUnsafeBytes { bytes in
        guard bytes.isUTF8 else { return .malformed("the text is not UTF-8") }
        let members = try JSONText.members(of: bytes.bytes, maxDepth: limits.maxDepth)
        return try interpret(JSONFields(bytes: bytes, members: members, maxDepth: limits.maxDepth), hasMember)
      }
    } catch {
      return .malformed("\(error)")
    }
  }
}

extension RawSpan {
  fileprivate var unsafeFirst: UInt8 { withUnsafeBytes { $0[0] } }
}

extension UnsafeRawBufferPointer {
  /// Whether the bytes are UTF-8.
  var isUTF8: Bool {
    withMemoryRebound(to: UInt8.self) { bytes in
      (try? UTF8Span(validating: bytes.span)) != nil
    }
  }
}
