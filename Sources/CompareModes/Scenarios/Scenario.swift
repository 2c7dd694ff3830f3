/// A piece of work that every contender does.
struct Scenario: Sendable {
  enum Needs: Sendable {
    /// A server that speaks Socket.IO.
    case socketIO
    /// The runtime itself: other servers have none of ours; with the reason that is told instead of a number.
    case runtime(String)
  }
  /// The name for `--only` and for JSON.
  let id: String
  let title: String
  let unit: String
  let isHigherBetter: Bool
  /// What is measured, in a sentence.
  let summary: String
  /// The detail that is shown beside the value.
  var shownDetail: String?
  /// Whether the distribution is drawn.
  var drawsDistribution = false
  var needs = Needs.socketIO
  let run: @Sendable (Contender, Settings, LoadGenerator) async throws -> Measurement

  /// Why a contender cannot take part, or `nil` if it can.
  func obstacle(for contender: Contender) -> String? {
    if case .runtime(let reason) = needs, !contender.isMode { reason } else { nil }
  }
}

/// Runs work against a server of its own.
func withServer<Value>(
  _ contender: Contender, _ settings: Settings, _ load: LoadGenerator,
  _ body: (RunningServer) async throws -> Value
) async throws -> Value {
  let server = try await RunningServer.start(contender, settings, load)
  defer { server.stop() }
  return try await body(server)
}

/// Runs a crowd, and drops its connections however it ends.
func with<Members: Crowd, Value>(_ crowd: Members, _ body: (Members) async throws -> Value) async throws -> Value {
  do {
    let value = try await body(crowd)
    await crowd.drop()
    return value
  } catch {
    await crowd.drop()
    throw error
  }
}
