import AsyncModes
import EngineIO

/// Sends every message of an Engine.IO session back; `flood N SIZE` is answered with so many messages of that size, and
/// `patient N SIZE` with the same, sent as the client takes them.
final class EngineEcho: EngineApplication {
  func connected(_ session: EngineSession) -> any EngineSessionHandler { Handler(session) }

  private final class Handler: EngineSessionHandler {
    private let session: EngineSession
    init(_ session: EngineSession) { self.session = session }

    func received(text: borrowing RawSpan) {
      let bytes = text.withUnsafeBytes { Array($0) }
      let words = String(decoding: bytes.prefix(40), as: UTF8.self).split(separator: " ")
      if words.count == 3, let count = Int(words[1]), let size = Int(words[2]) {
        let packet = [UInt8(ascii: "4")] + [UInt8](repeating: UInt8(ascii: "x"), count: size)
        switch words[0] {
        case "flood":
          for _ in 0..<count { session.send(textPacket: packet.span.bytes) }
          return
        case "patient":
          Task { [session] in
            for _ in 0..<count where try await session.waitUntilWritable() {
              await session.executor.run { _ = session.send(textPacket: packet.span.bytes) }
            }
          }
          return
        default: break
        }
      }
      let packet = [UInt8(ascii: "4")] + bytes
      session.send(textPacket: packet.span.bytes)
    }

    func received(binary: borrowing RawSpan) {
      session.send(EngineMessage(binary: binary.withUnsafeBytes { Array($0) }))
    }

    func drained() {}
    func closed(_ reason: EngineCloseReason) {}
  }
}
