internal import AsyncModes

/// A connection to a queue by a client library of the system. Every call comes on one thread that belongs to it.
///
/// A driver implements this and no more; ``LibrarySession`` makes a session of it that lives on an executor.
protocol LibraryConnection: AnyObject {
  /// Connects, authenticates and subscribes. May block for as long as attempts to open a session may take.
  func open(_ subscriptions: [MessageQueueSubscription]) throws(MessageQueueError)

  /// What the thread waits for between two calls of ``receive(_:)``.
  var descriptor: Int32 { get }

  /// Tells everything that has come; must not wait for more. Called at least once a second.
  func receive(_ report: (LibraryReport) -> Void) throws(MessageQueueError)

  /// Publishes a payload. May wait for the peer to read.
  func publish(_ payload: UnsafeRawBufferPointer, on channel: String) throws(MessageQueueError)

  /// Subscribes to a further channel.
  func subscribe(to subscription: MessageQueueSubscription) throws(MessageQueueError)

  /// Sends a probe, whose return is told by ``receive(_:)``.
  func probe() throws(MessageQueueError)

  /// Gives everything back; called once, last of all, also if ``open(_:)`` failed.
  func close()
}

/// What a library has told.
enum LibraryReport: Sendable {
  case message([UInt8], channel: String)
  case confirmed(Int)
  case rejected(MessageQueueError)
  case probed

  /// What it counts among the bytes that wait to be delivered.
  var cost: Int { if case .message(let bytes, _) = self { bytes.count + 64 } else { 64 } }
}
