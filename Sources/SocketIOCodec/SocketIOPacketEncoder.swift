/// Writes packets: the content of Engine.IO messages.
public enum SocketIOPacketEncoder {
  private static func appendStart(
    _ type: SocketIOPacketType, attachments: Int, _ namespace: String, _ id: Int64?, _ out: inout [UInt8]
  ) {
    out.append(0x30 + type.rawValue)
    if type == .binaryEvent || type == .binaryAck {
      JSONWriter.append(Int64(attachments), to: &out)
      out.append(UInt8(ascii: "-"))
    }
    if namespace != "/" {
      out.append(contentsOf: namespace.utf8)
      out.append(UInt8(ascii: ","))
    }
    if let id { JSONWriter.append(id, to: &out) }
  }

  /// Appends the answer to a CONNECT.
  ///
  /// - Parameter socketID: the id of the client in the namespace; protocol 4 sends none.
  public static func appendConnect(namespace: String, socketID: String?, to out: inout [UInt8]) {
    appendStart(.connect, attachments: 0, namespace, nil, &out)
    guard let socketID else {
      // Protocol 4 has no comma where nothing follows.
      if namespace != "/" { out.removeLast() }
      return
    }
    out.append(contentsOf: #"{"sid":""#.utf8)
    out.append(contentsOf: socketID.utf8)
    out.append(contentsOf: "\"}".utf8)
  }

  /// Appends a refusal: in protocol 5 an object, in protocol 4 the data, or the message if there is none.
  public static func appendConnectError(
    namespace: String, message: String, data: SocketValue?, version: SocketIOProtocol, to out: inout [UInt8]
  ) {
    appendStart(.connectError, attachments: 0, namespace, nil, &out)
    var ignored: [[UInt8]] = []
    switch version {
    case .v5:
      var object: SocketObject = ["message": .string(message)]
      if let data { object.append("data", data) }
      JSONWriter.append(.object(object), to: &out, attachments: &ignored)
    case .v4: JSONWriter.append(data ?? .string(message), to: &out, attachments: &ignored)
    }
  }

  /// Appends a DISCONNECT.
  public static func appendDisconnect(namespace: String, to out: inout [UInt8]) {
    appendStart(.disconnect, attachments: 0, namespace, nil, &out)
  }

  /// Appends an event.
  ///
  /// - Returns: the attachments that must follow, in order and with nothing in between.
  public static func appendEvent(
    _ name: String, _ arguments: [SocketValue], namespace: String, id: Int64?, to out: inout [UInt8]
  ) -> [[UInt8]] {
    let isBinary = arguments.contains { $0.hasBinary }
    guard isBinary else {
      appendStart(.event, attachments: 0, namespace, id, &out)
      return appendArray(name, arguments, &out)
    }
    var array: [UInt8] = []
    let attachments = appendArray(name, arguments, &array)
    appendStart(.binaryEvent, attachments: attachments.count, namespace, id, &out)
    out += array
    return attachments
  }

  /// Appends an event whose arguments are JSON text already, without brackets around them.
  ///
  /// - Parameter attachments: how many attachments the text has placeholders for.
  public static func appendEvent(
    _ name: String, raw arguments: borrowing RawSpan, attachments: Int = 0, namespace: String, id: Int64?,
    to out: inout [UInt8]
  ) {
    appendStart(attachments > 0 ? .binaryEvent : .event, attachments: attachments, namespace, id, &out)
    out.append(UInt8(ascii: "["))
    JSONWriter.append(name, to: &out)
    if arguments.byteCount > 0 {
      out.append(UInt8(ascii: ","))
      arguments.withUnsafeBytes { out.append(contentsOf: $0) }
    }
    out.append(UInt8(ascii: "]"))
  }

  /// Appends an acknowledgement.
  ///
  /// - Returns: the attachments that must follow, in order and with nothing in between.
  public static func appendAck(
    _ arguments: [SocketValue], namespace: String, id: Int64, to out: inout [UInt8]
  ) -> [[UInt8]] {
    let isBinary = arguments.contains { $0.hasBinary }
    guard isBinary else {
      appendStart(.ack, attachments: 0, namespace, id, &out)
      return appendArray(nil, arguments, &out)
    }
    var array: [UInt8] = []
    let attachments = appendArray(nil, arguments, &array)
    appendStart(.binaryAck, attachments: attachments.count, namespace, id, &out)
    out += array
    return attachments
  }

  /// Appends an acknowledgement whose values are JSON text already, without brackets around them.
  ///
  /// - Parameter attachments: how many attachments the text has placeholders for.
  public static func appendAck(
    raw arguments: borrowing RawSpan, attachments: Int = 0, namespace: String, id: Int64, to out: inout [UInt8]
  ) {
    appendStart(attachments > 0 ? .binaryAck : .ack, attachments: attachments, namespace, id, &out)
    out.append(UInt8(ascii: "["))
    arguments.withUnsafeBytes { out.append(contentsOf: $0) }
    out.append(UInt8(ascii: "]"))
  }

  private static func appendArray(_ name: String?, _ values: [SocketValue], _ out: inout [UInt8]) -> [[UInt8]] {
    var attachments: [[UInt8]] = []
    out.append(UInt8(ascii: "["))
    if let name { JSONWriter.append(name, to: &out) }
    for (index, value) in values.enumerated() {
      if index > 0 || name != nil { out.append(UInt8(ascii: ",")) }
      JSONWriter.append(value, to: &out, attachments: &attachments)
    }
    out.append(UInt8(ascii: "]"))
    return attachments
  }
}

extension SocketValue {
  /// Whether there is binary data anywhere in it.
  public var hasBinary: Bool {
    switch self {
    case .binary: true
    case .array(let values): values.contains { $0.hasBinary }
    case .object(let object): object.contains { $0.value.hasBinary }
    default: false
    }
  }
}
