/// Who gets the messages of a ``MessageQueue``. Every call comes on the queue's executor.
public protocol MessageQueueReceiver: AnyObject, Sendable {
  /// A message has come.
  ///
  /// - Parameters:
  ///   - payload: what was published; gone when the call returns.
  ///   - channel: the channel on which it was published.
  /// - Returns: what became of it, which is counted.
  func received(_ payload: RawSpan, on channel: String) -> MessageQueueVerdict

  /// The state has changed. The default does nothing.
  func changed(to state: MessageQueueState)
}

extension MessageQueueReceiver {
  /// Does nothing.
  public func changed(to state: MessageQueueState) {}
}

/// What a receiver says of a message.
public enum MessageQueueVerdict: Sendable, Hashable {
  /// It was understood and dealt with.
  case handled
  /// It was published by this process itself.
  case ownEcho
  /// It concerns nobody here, and its content was not decoded.
  case skipped
  /// It cannot be read; the text says why. It is counted and, once in a while, logged.
  case malformed(String)
}
