import AsyncModes
import WebSocketCodec

/// What a load generator does with its clients. Every call comes on the executor of the load.
protocol Traffic: AnyObject {
  /// A client is connected to the namespace.
  func isReady(_ client: SocketClient)
  /// A Socket.IO packet has come: its type is the first byte.
  func received(_ packet: UnsafeRawBufferPointer, _ client: SocketClient)
  /// The connection of a client has ended, or what came makes no sense.
  func lost(_ client: SocketClient, _ why: String)
}

/// A Socket.IO client over WebSocket, made to cost little: it has no queue, no timer, and looks at the first bytes of
/// a packet only.
final class SocketClient: ConnectionHandler {
  let connection: Connection
  /// The number of the client.
  let index: Int
  /// When the event was sent, or was due, that is to be answered next.
  var sent = MonotonicInstant(nanoseconds: 0)
  private let traffic: any Traffic
  private var decoder = WebSocketDecoder(role: .client, maxMessageBytes: 1 << 20)
  private var response: ResponseReader? = ResponseReader()

  static let connect = SocketClient.frame("40")
  static let pong = SocketClient.frame("3")

  init(_ connection: Connection, index: Int, traffic: any Traffic) {
    self.connection = connection
    self.index = index
    self.traffic = traffic
    connection.write(Self.upgrade)
  }

  private static let upgrade = SharedBytes(
    Array(
      """
      GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r
      Host: localhost\r
      Upgrade: websocket\r
      Connection: Upgrade\r
      Sec-WebSocket-Key: c29tZSBieXRlcyBvZiAxNg==\r
      Sec-WebSocket-Version: 13\r
      \r

      """.utf8))

  /// A masked text frame.
  static func frame(_ text: String) -> SharedBytes {
    var frame: [UInt8] = []
    WebSocketEncoder.appendMasked(
      opcode: .text, Array(text.utf8).span.bytes, mask: .random(in: 1 ... .max), to: &frame)
    return SharedBytes(frame)
  }

  func received(_ bytes: inout MutableRawSpan) {
    guard response != nil else { return decode(&bytes) }
    response?.append(bytes.bytes)
    do {
      guard let answer = try response?.next() else { return }
      guard answer.status == 101 else { return fail("the upgrade was answered with \(answer.status)") }
      var rest = response?.rest ?? []
      response = nil
      rest.withUnsafeMutableBytes { raw in
        var span = MutableRawSpan(_unsafeBytes: raw)
        decode(&span)
      }
    } catch {
      fail("\(error)")
    }
  }

  private func decode(_ bytes: inout MutableRawSpan) {
    var offset = 0
    do {
      while let event = try decoder.next(in: &bytes, from: &offset) {
        switch event {
        case .message(_, .input(let range)):
          bytes.bytes.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[range])) }
        case .message(_, .buffered(let content)): content.withUnsafeBytes { take($0) }
        case .ping: connection.write(SharedBytes([0x8a, 0x80, 0, 0, 0, 0]))
        case .pong: break
        case .close(let code, _): return fail("the server closed with \(code?.rawValue ?? 1005)")
        }
        guard connection.isOpen else { return }
      }
    } catch {
      fail("\(error)")
    }
  }

  /// Takes an Engine.IO packet.
  private func take(_ packet: UnsafeRawBufferPointer) {
    guard let type = packet.first else { return }
    switch type {
    case UInt8(ascii: "4"):
      guard packet.count > 1 else { return }
      switch packet[1] {
      case UInt8(ascii: "0"): traffic.isReady(self)
      case UInt8(ascii: "4"): fail("the namespace was refused")
      default: traffic.received(UnsafeRawBufferPointer(rebasing: packet[1...]), self)
      }
    case UInt8(ascii: "2"): connection.write(Self.pong)
    case UInt8(ascii: "0"): connection.write(Self.connect)
    default: break
    }
  }

  private func fail(_ why: String) {
    traffic.lost(self, why)
    connection.abort()
  }

  func closed(_ reason: CloseReason) {
    if reason != .aborted, reason != .local { traffic.lost(self, "a connection ended: \(reason)") }
  }
}
