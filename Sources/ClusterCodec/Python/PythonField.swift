internal import EngineIOCodec
internal import SocketIOCodec

/// A value of a message of python-socketio on its way out.
enum PythonField {
  case none
  case text(String)
  case number(Int64)
  case flag(Bool)
  case texts([String])
  case value(SocketValue)
  /// A tuple in pickle, a list in JSON.
  case tuple([SocketValue])
  /// The arguments of an event: in pickle a tuple; in JSON a list, and with bytes in it the list and its attachments.
  case arguments([SocketValue])

  /// Writes a message as a pickle.
  static func pickle(_ fields: [(String, PythonField)]) -> [UInt8] {
    var writer = PickleWriter()
    writer.appendDictionary { writer in
      for (name, field) in fields {
        writer.append(name)
        switch field {
        case .none: writer.appendNone()
        case .text(let text): writer.append(text)
        case .number(let number): writer.append(number)
        case .flag(let flag): writer.append(SocketValue.bool(flag))
        case .texts(let texts): writer.appendList { for text in texts { $0.append(text) } }
        case .value(let value): writer.append(value)
        case .tuple(let values), .arguments(let values):
          writer.appendTuple { for value in values { $0.append(value) } }
        }
      }
    }
    return writer.finish()
  }

  /// Writes a message as JSON.
  static func json(_ fields: [(String, PythonField)]) -> [UInt8] {
    var out: [UInt8] = []
    var attachments: [[UInt8]] = []
    for (index, (name, field)) in fields.enumerated() {
      out.append(UInt8(ascii: index == 0 ? "{" : ","))
      append(.string(name), &out, &attachments)
      out.append(UInt8(ascii: ":"))
      switch field {
      case .none: append(.null, &out, &attachments)
      case .text(let text): append(.string(text), &out, &attachments)
      case .number(let number): append(.int(number), &out, &attachments)
      case .flag(let flag): append(.bool(flag), &out, &attachments)
      case .texts(let texts): append(.array(texts.map { .string($0) }), &out, &attachments)
      case .value(let value): append(value, &out, &attachments)
      case .tuple(let values): append(.array(values), &out, &attachments)
      case .arguments(let values):
        guard values.contains(where: \.hasBinary) else {
          append(.array(values), &out, &attachments)
          break
        }
        attachments = []
        out.append(UInt8(ascii: "["))
        append(.array(values), &out, &attachments)
        for attachment in attachments {
          out += [UInt8(ascii: ","), UInt8(ascii: "\"")]
          attachment.withUnsafeBytes { Base64.append($0, to: &out) }
          out.append(UInt8(ascii: "\""))
        }
        out.append(UInt8(ascii: "]"))
      }
    }
    out.append(UInt8(ascii: "}"))
    return out
  }

  private static func append(_ value: SocketValue, _ out: inout [UInt8], _ attachments: inout [[UInt8]]) {
    JSONText.append(value, to: &out, attachments: &attachments)
  }
}
