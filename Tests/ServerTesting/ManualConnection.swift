package import AsyncModes

/// A connection whose other end is the test.
package final class ManualConnection: Connection, @unchecked Sendable {
  // @unchecked: used by one test at a time.

  /// What the system took.
  package private(set) var sent: [UInt8] = []
  /// How many bytes the system takes.
  package var room = Int.max
  /// Whether the system says that the peer is gone.
  package var isBroken = false
  /// Called when bytes are handed to the system.
  package var willTransmit: () -> Void = {}
  /// Whether the server waits for the system to take more.
  package private(set) var isAwaitingRoom = false
  /// Whether the server has given the connection back.
  package private(set) var isGone = false

  package override func transmit(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
    willTransmit()
    if isBroken { throw SystemError(32) }
    let count = min(room, bytes.count)
    sent += bytes.prefix(count)
    room -= count
    return count
  }

  package override func setAwaitingWritable(_ isOn: Bool) { isAwaitingRoom = isOn }

  package override func closeTransport(abort: Bool) { isGone = true }

  /// What was sent since the last call, as text.
  package func take() -> String {
    defer { sent = [] }
    return String(decoding: sent, as: UTF8.self)
  }

  /// Lets bytes come in, and the server react.
  package func receive(_ text: String) { receive(Array(text.utf8)) }

  /// Lets bytes come in, and the server react.
  package func receive(_ bytes: [UInt8]) {
    executor.enter {
      var bytes = bytes
      bytes.withUnsafeMutableBytes { raw in
        var span = MutableRawSpan(_unsafeBytes: raw)
        didReceive(&span)
      }
    }
  }
}
