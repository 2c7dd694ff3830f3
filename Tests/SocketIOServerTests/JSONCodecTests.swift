import ServerTesting
import SocketIOCodec
import SocketIOServer
import Testing

/// Writes every number as text, and reads text that begins with a hash as a number.
private struct HashJSON: JSONCodec {
  struct Unwritable: Error {}

  func decode(_ text: borrowing RawSpan) throws -> SocketValue { change(try JSONText.parse(text)) }

  private func change(_ value: SocketValue) -> SocketValue {
    switch value {
    case .string(let text) where text.hasPrefix("#"): .int(Int64(text.dropFirst()) ?? 0)
    case .array(let values): .array(values.map(change))
    default: value
    }
  }

  func encode(_ value: SocketValue, to out: inout [UInt8]) throws {
    if value == "unwritable" { throw Unwritable() }
    if case .int(let number) = value {
      out += "\"#\(number)\"".utf8
    } else {
      var attachments: [[UInt8]] = []
      JSONText.append(value, to: &out, attachments: &attachments)
    }
  }
}

@Suite(.timeLimit(.minutes(2)))
struct JSONCodecTests {
  @Test(arguments: modes)
  func anotherCodecReadsAndWrites(_ mode: String) async throws {
    var options = quietOptions()
    options.json = HashJSON()
    try await serving(mode, options) { io in
      io.onConnect { socket, auth in
        guard auth["n"] != nil else { throw ConnectionRefused("no auth") }
        socket.emit("welcome", values: [7], to: .everyone)
      }
      io.on("add") { (socket: Socket, a: Int, b: Int) in a + b }
      io.on(
        "bytes",
        arguments: { socket, arguments in
          socket.emit("unwritable", values: ["unwritable"])
          socket.emit("bytes", values: [1, arguments[0]])
          return arguments
        })
    } _: { server in
      let client = try await server.join(auth: ##"{"n":"#1"}"##)
      #expect(try await client.text() == ##"42["welcome","#7"]"##)
      try await client.send(##"420["add","#1",2]"##)
      #expect(try await client.text() == ##"430["#3"]"##)
      try await client.send(#"451-1["bytes",{"_placeholder":true,"num":0}]"#)
      try await client.send(binary: [1, 2, 3])
      #expect(try await client.text() == ##"451-["bytes","#1",{"_placeholder":true,"num":0}]"##)
      #expect(try await client.message() == .binary([1, 2, 3]))
      #expect(try await client.text() == #"461-1[{"_placeholder":true,"num":0}]"#)
      #expect(try await client.message() == .binary([1, 2, 3]))
      try await client.send(#"451-1["bytes",{"_placeholder":true,"num":1}]"#)
      try await client.send(binary: [1])
      #expect(try await client.isClosed())
    }
  }
}
