public import WebSocketCodec

/// What a WebSocket decoder made of its input, in a form that can be compared.
public enum WebSocketTranscript: Equatable, Sendable {
  /// A text message.
  case text(String)
  /// A binary message.
  case binary([UInt8])
  /// A ping.
  case ping([UInt8])
  /// A pong.
  case pong([UInt8])
  /// The peer closed.
  case close(UInt16?, String)
  /// The input was refused with a close code.
  case refused(UInt16)

  /// Decodes pieces of an input with a decoder.
  public static func decode(_ pieces: [[UInt8]], with decoder: WebSocketDecoder) -> [WebSocketTranscript] {
    var decoder = decoder
    var events: [WebSocketTranscript] = []
    for var piece in pieces {
      var offset = 0
      do throws(WebSocketError) {
        while true {
          var span = piece.mutableSpan
          var bytes = span.mutableBytes
          guard let event = try decoder.next(in: &bytes, from: &offset) else { break }
          events.append(describe(event, piece))
        }
      } catch {
        return events + [.refused(error.closeCode.rawValue)]
      }
    }
    return events
  }

  private static func describe(_ event: WebSocketEvent, _ piece: [UInt8]) -> WebSocketTranscript {
    func bytes(_ payload: WebSocketPayload) -> [UInt8] {
      switch payload {
      case .input(let range): Array(piece[range])
      case .buffered(let bytes): bytes
      }
    }
    return switch event {
    case .message(.text, let payload): .text(String(decoding: bytes(payload), as: UTF8.self))
    case .message(.binary, let payload): .binary(bytes(payload))
    case .ping(let payload): .ping(bytes(payload))
    case .pong(let payload): .pong(bytes(payload))
    case .close(let code, let reason): .close(code?.rawValue, reason)
    }
  }
}
