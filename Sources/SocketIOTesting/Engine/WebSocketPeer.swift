internal import AsyncModes
internal import EngineIOCodec
internal import WebSocketCodec

/// The client's end of a WebSocket. Confined to the executor of its connection.
final class WebSocketPeer: ConnectionHandler {
  let connection: Connection
  var onText: (([UInt8]) -> Void)?
  var onBinary: (([UInt8]) -> Void)?
  /// Called once; with the code of the server's close frame, or `nil` if the connection was lost.
  var onEnd: ((TestClientEnd) -> Void)?
  private var decoder = WebSocketDecoder(role: .client, maxMessageBytes: 1 << 30)
  private var isCloseSent = false

  /// Any mask will do: it protects from nobody here.
  private static let mask: UInt32 = 0x1f2e_3d4c

  init(_ connection: Connection) { self.connection = connection }

  func send(_ packet: EnginePeer.Packet, _ revision: EngineIORevision, isBase64: Bool) {
    switch packet {
    case .text(let text): send(.text, text)
    case .binary(let bytes) where isBase64 && revision == .v3:
      var text: [UInt8] = []
      EngineIOPayload.appendBase64Packet(bytes.span.bytes, revision: revision, to: &text)
      send(.text, text)
    case .binary(let bytes): send(.binary, revision == .v3 ? [4] + bytes : bytes)
    }
  }

  func send(_ opcode: WebSocketOpcode, _ payload: [UInt8]) {
    var frame: [UInt8] = []
    WebSocketEncoder.appendMasked(opcode: opcode, payload.span.bytes, mask: Self.mask, to: &frame)
    connection.write(frame.span.bytes)
  }

  /// Begins the closing handshake.
  func close() {
    guard !isCloseSent else { return }
    isCloseSent = true
    send(.close, [0x03, 0xe8])
  }

  /// Takes bytes that came with the answer to the handshake.
  func take(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    var bytes = bytes
    bytes.withUnsafeMutableBytes { raw in
      var span = MutableRawSpan(_unsafeBytes: raw)
      received(&span)
    }
  }

  func received(_ bytes: inout MutableRawSpan) {
    var offset = 0
    do throws(WebSocketError) {
      while let event = try decoder.next(in: &bytes, from: &offset) {
        switch event {
        case .message(.text, let payload): onText?(payload.copy(of: bytes.bytes))
        case .message(.binary, let payload): onBinary?(payload.copy(of: bytes.bytes))
        case .ping(let payload): send(.pong, payload.copy(of: bytes.bytes))
        case .pong: break
        case .close(let code, _):
          close()
          connection.close()
          end(.server(code: code?.rawValue))
        }
      }
    } catch {
      end(.invalid("a frame is not valid: \(error)"))
      connection.close()
    }
  }

  private func end(_ end: TestClientEnd) {
    let onEnd = onEnd
    self.onEnd = nil
    onEnd?(end)
  }

  func closed(_ reason: CloseReason) {
    end(.lost)
    onText = nil
    onBinary = nil
  }
}

extension WebSocketPayload {
  /// The bytes of the payload, wherever they are.
  fileprivate func copy(of input: RawSpan) -> [UInt8] {
    switch self {
    case .input(let range): input.extracting(range).withUnsafeBytes { Array($0) }
    case .buffered(let bytes): bytes
    }
  }
}
