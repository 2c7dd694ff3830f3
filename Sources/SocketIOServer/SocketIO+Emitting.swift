public import SocketIOCodec

extension SocketIO {
  /// Emits an event from outside of handlers.
  ///
  /// - Parameters:
  ///   - event: the name of the event.
  ///   - values: its arguments.
  ///   - rooms: who gets it: the members of any of these rooms, or everybody in the namespace if there are none. The id
  ///     of a client is a room too.
  ///   - namespace: where it is emitted.
  ///   - skipped: clients that shall not get it.
  ///   - except: rooms whose members shall not get it.
  ///   - flags: how it is sent.
  public func emit(
    _ event: String, values: [SocketValue], to rooms: [String] = [], namespace: String = "/",
    skipping skipped: [SocketID] = [], except: [String] = [], flags: EmitFlags = []
  ) {
    let audience = Audience(rooms: rooms, skipping: skipped, except: except)
    perform(.emit(EmittedEvent(event, .values(values), namespace: namespace, to: audience, flags: flags)))
  }

  /// Emits an event with arguments of any encodable types; `[UInt8]` is sent as binary data.
  ///
  /// - Throws: `EncodingError` if an argument cannot be encoded.
  public func emit<each Argument: Encodable & Sendable>(
    _ event: String, _ arguments: repeat each Argument, to rooms: [String] = [], namespace: String = "/",
    skipping skipped: [SocketID] = [], except: [String] = [], flags: EmitFlags = []
  ) throws {
    let values = try Arguments(encoding: repeat each arguments).values
    emit(event, values: values, to: rooms, namespace: namespace, skipping: skipped, except: except, flags: flags)
  }

  /// Emits an event whose arguments are JSON text already, without brackets around them; it must be valid.
  public func emit(
    _ event: String, raw json: borrowing RawSpan, to rooms: [String] = [], namespace: String = "/",
    skipping skipped: [SocketID] = [], except: [String] = [], flags: EmitFlags = []
  ) {
    let audience = Audience(rooms: rooms, skipping: skipped, except: except)
    if let core {
      core.emit(event, raw: json, namespace: namespace, to: audience, flags: flags)
    } else {
      let text = json.withUnsafeBytes { Array($0) }
      perform(.emit(EmittedEvent(event, .json(text), namespace: namespace, to: audience, flags: flags)))
    }
  }

  /// Emits the event `message`, or `json`.
  public func send(
    _ value: SocketValue, json: Bool = false, to rooms: [String] = [], namespace: String = "/",
    skipping skipped: [SocketID] = [],
    except: [String] = [], flags: EmitFlags = []
  ) {
    emit(
      json ? "json" : "message", values: [value], to: rooms, namespace: namespace, skipping: skipped, except: except,
      flags: flags)
  }

  /// Emits an event to many clients, on all servers of the cluster, and collects their acknowledgements.
  ///
  /// - Parameters:
  ///   - rooms: whom it goes to; everybody in the namespace if there are none.
  ///   - timeout: how long each client may take. Default: 60 s.
  /// - Returns: the answers, and why others did not answer; never waits longer than `timeout` for a client, and not at
  ///   all for one that is gone.
  public func callAll(
    _ event: String, _ values: SocketValue..., to rooms: [String] = [], namespace: String = "/",
    skipping skipped: [SocketID] = [], except: [String] = [], timeout: Duration = .seconds(60)
  ) async -> CallResults {
    let emitted = EmittedEvent(
      event, .values(values), namespace: namespace, to: Audience(rooms: rooms, skipping: skipped, except: except))
    guard let cluster = options.cluster else { return await node.call(emitted, timeout: timeout) }
    async let others = cluster.call(emitted, timeout: timeout)
    var results = await node.call(emitted, timeout: timeout)
    results.merge(await others)
    return results
  }
}
