import CodecTesting
import Fuzzing
import SocketIOCodec

/// JSON text: the check and the parser agree, and what is parsed comes back when it is written and parsed again. Values
/// are decoded into types of several shapes, too.
@main enum JSONFuzzer {
  static func main() { fuzz(test) }
}

private func test(_ given: FuzzInput) {
  var input = given
  let depth = Int(input.choice() & 31)
  let text = input.rest
  let isValid = (try? JSONText.validate(text.span.bytes, maxDepth: depth)) != nil
  let value: SocketValue
  do throws(JSONError) {
    value = try JSONText.parse(text.span.bytes, attachments: [[1], [2, 3]], maxDepth: depth)
  } catch {
    precondition(!isValid || error.message == "a placeholder names no attachment", "only the parser says: \(error)")
    return
  }
  precondition(isValid, "only the parser takes this")
  var again: [UInt8] = []
  var attachments: [[UInt8]] = []
  JSONText.append(value, to: &again, attachments: &attachments)
  let other = try? JSONText.parse(again.span.bytes, attachments: attachments, maxDepth: depth + 1)
  precondition(
    other == value.asWritten || !value.isWritable,
    "a value does not come back: \(String(decoding: again, as: UTF8.self))")
  let decoder = SocketValueDecoder()
  _ = try? decoder.decode(Shape.self, from: value)
  _ = try? decoder.decode([Int8].self, from: value)
  _ = try? decoder.decode([String: Double?].self, from: value)
  _ = try? decoder.decode([[UInt8]].self, from: value)
  precondition((try? SocketValue(encoding: value)) == value, "a value is encoded as another one")
}

private struct Shape: Codable {
  indirect enum Tree: Codable {
    case leaf(Int)
    case branch(Tree, Tree)
  }
  var a: Int?
  var b: [Shape]?
  var c: String?
  var d: Tree?
}
