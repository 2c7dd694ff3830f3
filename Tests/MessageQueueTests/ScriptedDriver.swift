import AsyncModes
import MessageQueues
import ServerTesting

/// A driver that does what the test says.
final class ScriptedDriver: MessageQueueDriver, @unchecked Sendable {
  // @unchecked: confined to the executor of the test.
  private(set) var sessions: [ScriptedSession] = []

  var last: ScriptedSession { sessions[sessions.count - 1] }

  func open(
    _ subscriptions: [MessageQueueSubscription], on executor: IOExecutor,
    reporting handler: any MessageQueueSessionHandler
  ) -> any MessageQueueSession {
    sessions.append(ScriptedSession(subscriptions, handler))
    return last
  }
}

final class ScriptedSession: MessageQueueSession {
  var subscriptions: [MessageQueueSubscription]
  let handler: any MessageQueueSessionHandler
  var published: [String] = []
  var room = Int.max
  var probes = 0
  var isClosed = false

  init(_ subscriptions: [MessageQueueSubscription], _ handler: any MessageQueueSessionHandler) {
    self.subscriptions = subscriptions
    self.handler = handler
  }

  func publish(_ payload: SharedBytes, on channel: String) -> Bool {
    guard room > 0 else { return false }
    room -= 1
    published.append(String(decoding: payload.storage, as: UTF8.self))
    return true
  }
  func subscribe(to subscription: MessageQueueSubscription) { subscriptions.append(subscription) }
  func probe() { probes += 1 }
  func close() { isClosed = true }
}

/// Notes what it gets.
final class Notes: MessageQueueReceiver, @unchecked Sendable {
  // @unchecked: confined to the executor of the test, and read when nothing runs there.
  var texts: [String] = []
  var states: [MessageQueueState] = []
  var verdict = MessageQueueVerdict.handled
  var onText: (@Sendable (String) -> Void)?

  func received(_ payload: RawSpan, on channel: String) -> MessageQueueVerdict {
    let text = payload.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    texts.append(text)
    onText?(text)
    return verdict
  }
  var onState: (@Sendable (MessageQueueState) -> Void)?
  func changed(to state: MessageQueueState) {
    states.append(state)
    onState?(state)
  }
}

extension SharedBytes {
  init(_ text: String) { self.init(Array(text.utf8)) }
}
