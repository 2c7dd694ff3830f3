import EngineIOCodec
import HTTPCodec
import SocketIOCodec
import WebSocketCodec

/// One thing that is done with a codec, for those who measure it.
package struct CodecWorkload {
  package let name: String
  /// Does it once; the number is computed from what came out.
  package let run: () throws -> Int

  private init(_ name: String, _ run: @escaping () throws -> Int) {
    self.name = name
    self.run = run
  }

  private static let event = Array(
    #"42["message",{"id":1042,"text":"Good to see you, \"Grace\"","tags":["a","b"],"score":1.5,"seen":false}]"#.utf8)
  private static let request = Array(
    """
    POST /socket.io/?EIO=4&transport=polling&sid=lv_VI97HAXpY6yYWAAAC HTTP/1.1\r
    Host: chat.example.org\r
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r
    Accept: */*\r
    Accept-Language: en-US,en;q=0.5\r
    Accept-Encoding: gzip, deflate, br\r
    Content-Type: text/plain;charset=UTF-8\r
    Content-Length: 5\r
    Origin: https://chat.example.org\r
    Connection: keep-alive\r
    Cookie: session=eyJ1c2VyIjoiQWRhIn0\r
    \r
    42[1]
    """.utf8)
  private static let text4k = Array(String(repeating: "A line of text with ünïcode. ", count: 130).utf8)

  private static func frame(_ payload: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    WebSocketEncoder.appendMasked(opcode: .text, payload.span.bytes, mask: 0x1234_5678, to: &out)
    return out
  }

  private static func decodeFrame(_ frame: [UInt8]) throws -> Int {
    var decoder = WebSocketDecoder(role: .server, maxMessageBytes: 1 << 20)
    var frame = frame
    var offset = 0
    var span = frame.mutableSpan
    var bytes = span.mutableBytes
    return try decoder.next(in: &bytes, from: &offset) == nil ? 0 : offset
  }

  /// All of them.
  nonisolated(unsafe) package static let all: [CodecWorkload] = {
    let (eventFrame, largeFrame) = (frame(event), frame(text4k))
    let decoder = SocketIOPacketDecoder(.v5)
    let packet = Array(event.dropFirst())
    let json = Array(packet.dropFirst())
    let value = (try? JSONText.parse(json.span.bytes)) ?? .null
    let query = Array("EIO=4&transport=polling&t=P1aBcDe&sid=lv_VI97HAXpY6yYWAAAC".utf8)
    let payload = event + [0x1e] + event + [0x1e] + event
    return [
      CodecWorkload(
        "http-request",
        {
          var decoder = HTTPRequestDecoder(limits: HTTPLimits())
          var offset = 0
          while try decoder.next(in: request.span.bytes, from: &offset) != nil {}
          return offset
        }),
      CodecWorkload("websocket-event", { try decodeFrame(eventFrame) }),
      CodecWorkload("websocket-4k", { try decodeFrame(largeFrame) }),
      CodecWorkload("engineio-query", { EngineIOQuery(query.span.bytes).session == nil ? 0 : 1 }),
      CodecWorkload(
        "engineio-payload",
        {
          var decoder = try EngineIOPayloadDecoder(payload.span.bytes, revision: .v4, isBinary: false, maxPackets: 100)
          var count = 0
          while let packet = try decoder.next(in: payload.span.bytes) { count += packet.range.count }
          return count
        }),
      CodecWorkload("socketio-decode", { try decoder.decode(packet.span.bytes).arguments.count }),
      CodecWorkload(
        "socketio-encode",
        {
          var out: [UInt8] = []
          _ = SocketIOPacketEncoder.appendEvent("message", [value], namespace: "/", id: nil, to: &out)
          return out.count
        }),
      CodecWorkload("json-parse", { try JSONText.parse(json.span.bytes).isNull ? 0 : 1 }),
      CodecWorkload(
        "json-validate",
        {
          try JSONText.validate(json.span.bytes)
          return 1
        }),
      CodecWorkload(
        "json-write",
        {
          var out: [UInt8] = []
          var attachments: [[UInt8]] = []
          JSONText.append(value, to: &out, attachments: &attachments)
          return out.count
        }),
    ]
  }()
}
