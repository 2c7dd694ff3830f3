/// What came back from an event that was emitted to many with acknowledgements asked for.
///
/// A client that leaves meanwhile is not waited for.
public struct CallResults: Sendable {
  /// What the clients answered, by their ids.
  public var answers: [String: Arguments]
  /// Why other clients did not answer: `timedOut`, `disconnected` or `tooManyPending`.
  public var failures: [String: SocketIOError]

  /// Creates results.
  public init(answers: [String: Arguments] = [:], failures: [String: SocketIOError] = [:]) {
    self.answers = answers
    self.failures = failures
  }

  /// Whether everybody answered who is still connected.
  public var isComplete: Bool { failures.values.allSatisfy { $0.code == .disconnected } }

  /// Adds the results of another server.
  public mutating func merge(_ other: CallResults) {
    answers.merge(other.answers) { $1 }
    failures.merge(other.failures) { $1 }
  }

  mutating func add(_ id: String, _ result: Result<Arguments, SocketIOError>) {
    switch result {
    case .success(let arguments): answers[id] = arguments
    case .failure(let error): failures[id] = error
    }
  }
}
