import ClusterCodec
import CodecTesting
import Fuzzing
import SocketIOCodec

/// Messages on the bus, as pickle and as JSON: what can be read can be written in either form, and is read from there as
/// the same. Pickles that are no messages, too.
@main enum ClusterFuzzer {
  static func main() { fuzz(test) }
}

private let readers = [PythonFormat.DataMeaning.arguments, .value].map {
  PythonFormat(origin: "reader", channel: "c", form: .json, dataMeaning: $0)
}
private let writers = [PythonFormat.Form.pickle, .json].map { PythonFormat(origin: "writer", channel: "c", form: $0) }

private func test(_ given: FuzzInput) {
  var input = given
  let choice = input.choice()
  let bytes = input.rest
  if choice & 4 != 0 {
    _ = try? PickleDocument.read(bytes.span.bytes, limits: PickleLimits()) { document throws(PickleError) in
      try document.socketValue(document.root)
    }
  }
  if choice & 8 != 0 { return node(bytes, on: channels[Int(choice >> 4) % channels.count]) }
  // Whether somebody is there changes only whether the content is looked at.
  let reader = readers[Int(choice & 1)]
  _ = reader.decode(bytes.span.bytes, on: "c", hasMember: { _, _ in false })
  guard case .message(let message) = reader.decode(bytes.span.bytes, on: "c", hasMember: { _, _ in true }) else {
    return
  }
  for writer in writers {
    for (channel, payload) in writer.encode(message) {
      switch readers[0].decode(payload.span.bytes, on: channel, hasMember: { _, _ in true }) {
      case .malformed(let why): fatalError("\(writer.form) of \(message) cannot be read: \(why)")
      default: break
      }
    }
  }
}

private let channels = ["socket.io#/#", "socket.io#/n#r#", "socket.io-request#/#", "socket.io-swift"]
private let nodes = (
  reader: NodeFormat(origin: "reader", key: "socket.io"), writer: NodeFormat(origin: "writer", key: "socket.io")
)

/// The same for the messages of Node's adapter.
private func node(_ bytes: [UInt8], on channel: String) {
  if let value = try? MessagePack.parse(bytes.span.bytes) {
    var again: [UInt8] = []
    MessagePack.append(value, to: &again)
    precondition((try? MessagePack.parse(again.span.bytes)) != nil, "a value does not come back")
  }
  guard case .message(let message) = nodes.reader.decode(bytes.span.bytes, on: channel, hasMember: { _, _ in true })
  else {
    return
  }
  for (channel, payload) in nodes.writer.encode(message) {
    if case .malformed(let why) = nodes.reader.decode(payload.span.bytes, on: channel, hasMember: { _, _ in true }) {
      fatalError("\(message) cannot be read: \(why)")
    }
  }
}
