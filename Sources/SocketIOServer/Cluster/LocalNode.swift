internal import AsyncModes
internal import Synchronization

/// What one server does to its own clients and knows of them, without asking or telling others.
public struct LocalNode: Sendable {
  let core: ServerCore?

  /// Whether the server can have clients; `false` for one that has no runtime and only emits to others.
  public var hasClients: Bool { core != nil }

  /// Does something to the clients of this server.
  public func apply(_ operation: ClusterOperation) { core?.apply(operation) }

  /// The clients of this server that an audience names.
  public func sockets(in audience: Audience, namespace: String) async -> [SocketDescription] {
    guard let core else { return [] }
    return await core.collect { context in
      var found: [SocketDescription] = []
      context.shard(namespace)?.forEach(in: audience) { found.append($0.summary) }
      return found
    }
  }

  /// Emits an event to the clients of this server that its audience names, and collects their acknowledgements.
  ///
  /// - Parameters:
  ///   - event: the event.
  ///   - timeout: how long each of them may take.
  ///   - each: called once for each client, on its executor, as soon as its answer is there or its fate is known.
  /// - Returns: all of that.
  public func call(
    _ event: EmittedEvent, timeout: Duration,
    each: @escaping @Sendable (SocketID, Result<Arguments, SocketIOError>) -> Void = { _, _ in }
  ) async -> CallResults {
    guard let core, let values = try? event.values() else { return CallResults() }
    let calls = PendingCalls(executors: core.contexts.count)
    return await withCheckedContinuation { continuation in
      calls.begin(continuation)
      for context in core.contexts {
        context.executor.execute {
          var sockets: [Socket] = []
          context.shard(event.namespace)?.forEach(in: event.audience) { sockets.append($0) }
          calls.expect(sockets.count)
          for socket in sockets {
            socket.emit(event.name, values: values, timeout: timeout) { result in
              each(socket.id, result)
              calls.add(socket.id, result)
            }
          }
        }
      }
    }
  }
}

/// Acknowledgements that are collected from several executors.
private final class PendingCalls: Sendable {
  private struct State {
    /// Executors that have not said yet how many clients they ask, and clients that have not answered.
    var awaited: Int
    var results = CallResults()
    var continuation: CheckedContinuation<CallResults, Never>?
  }
  private let state: Mutex<State>

  init(executors: Int) { state = Mutex(State(awaited: executors)) }

  func begin(_ continuation: CheckedContinuation<CallResults, Never>) {
    state.withLock { $0.continuation = continuation }
  }

  func expect(_ count: Int) { settle { $0.awaited += count - 1 } }

  func add(_ id: SocketID, _ result: Result<Arguments, SocketIOError>) {
    settle { state in
      state.awaited -= 1
      state.results.add(id.description, result)
    }
  }

  private func settle(_ change: (inout State) -> Void) {
    let finished = state.withLock { state -> (CheckedContinuation<CallResults, Never>, CallResults)? in
      change(&state)
      guard state.awaited == 0, let continuation = state.continuation else { return nil }
      state.continuation = nil
      return (continuation, state.results)
    }
    if let (continuation, results) = finished { continuation.resume(returning: results) }
  }
}
