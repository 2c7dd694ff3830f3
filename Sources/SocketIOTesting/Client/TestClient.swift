internal import AsyncModes
internal import EngineIO
public import HTTPTypes
public import SocketIOCodec
public import SocketIOServer
internal import Synchronization

/// A Socket.IO client for tests: real bytes through the real server, in memory.
///
/// The server runs on a ``MemoryMode``. What a call of the client leads to has happened when the call returns, so a test
/// never waits:
///
/// ```swift
/// let client = try await io.testClient()
/// try await client.emit("greet", "Ada")
/// #expect(try await client.received() == [ReceivedEvent("greeting", "Hello Ada")])
/// #expect(try await client.call("add", 1, 2) == [3])
/// ```
public final class TestClient: Sendable {
  /// The runtime of the server.
  public let mode: MemoryMode
  let server: SocketIO
  let peer: SocketPeer
  private let jar: Mutex<CookieJar>
  private let fields: HTTPFields
  private let query: String

  init(
    _ server: SocketIO, _ mode: MemoryMode, query: String, fields: HTTPFields, cookies: CookieJar,
    options: TestClientOptions
  ) {
    self.server = server
    self.mode = mode
    self.query = query
    self.fields = fields
    jar = Mutex(cookies)
    peer = SocketPeer(mode: mode, executor: mode.executors[0], options: options)
  }

  /// The cookies that the client has; HTTP routes and handshakes set them, and all requests carry them.
  public var cookies: CookieJar {
    get { jar.withLock { $0 } }
    set { jar.withLock { $0 = newValue } }
  }

  func keepCookies(of response: TestResponse) {
    jar.withLock { jar in
      for field in response.headerFields[values: .setCookie] { jar.set(field) }
    }
  }

  // MARK: Connecting

  /// Joins a namespace; opens the connection first if there is none.
  ///
  /// - Parameters:
  ///   - namespace: Default: `/`.
  ///   - auth: what the client sends to authenticate itself; not in protocol 4.
  ///   - query: a query string; over a connection that is open it reaches the server in protocol 4 only.
  ///   - headers: header fields of the requests of the connection, besides those that the client was created with.
  ///   - waits: whether to wait for the server's answer. If not, the answer may need the time to pass.
  /// - Throws: `ConnectionRefused` with message and data if the server refuses, or ``TestClientError``.
  public func connect(
    namespace: String = "/", auth: SocketValue? = nil, query: String = "", headers: HTTPFields = [:], waits: Bool = true
  ) async throws {
    let target = try await makeTarget(query, headers)
    let answer = await peer.executor.run { [peer] in peer.connect(namespace, auth, query, target.value) }
    try await mode.settle()
    if !waits {
      if case .failure(let error) = answer.result { throw error }
      return
    }
    try await answer.value(
      within: Self.patience, TestClientError(.noAnswer, "the server neither lets the client into \(namespace) nor not"))
    try await mode.settle()
  }

  /// Opens the connection without joining a namespace.
  public func open(query: String = "", headers: HTTPFields = [:]) async throws {
    let target = try await makeTarget(query, headers)
    await peer.executor.run { [peer] in
      if peer.engine == nil { peer.open(target.value) }
    }
    try await mode.settle()
  }

  private func makeTarget(_ query: String, _ headers: HTTPFields) async throws -> Confined<EnginePeer.Target> {
    let path = server.options.engine.path
    return Confined(
      EnginePeer.Target(
        address: try await mode.address(of: server), path: path,
        query: [self.query, query].filter { !$0.isEmpty }.joined(separator: "&"),
        fields: { [self] in requestFields(for: path[...], headers) }, keepCookies: { [self] in keepCookies(of: $0) }))
  }

  func requestFields(for path: Substring, _ headers: HTTPFields) -> [(name: String, value: String)] {
    var all = (fields + headers).map { (name: $0.name.rawName, value: $0.value) }
    if let cookie = cookies.field(for: path) { all.append(("Cookie", cookie)) }
    return all
  }

  /// How long the client waits for an answer, in the time of the system: a test must come to its end.
  static let patience = Duration.seconds(60)

  // MARK: State

  /// Whether the client is in a namespace.
  public func isConnected(namespace: String = "/") async throws -> Bool {
    try await look { $0.isConnected(namespace) }
  }

  /// The id of the client in a namespace, as the server told it; protocol 4 has none.
  public func socketID(namespace: String = "/") async throws -> String? { try await look { $0.socketID(namespace) } }

  /// How the connection ended; `nil` while it is open, and before.
  public var end: TestClientEnd? { get async throws { try await look { $0.end } } }

  /// Whether the connection is a WebSocket at the moment.
  public var isOnWebSocket: Bool { get async throws { try await look { $0.engine?.isOnWebSocket == true } } }

  /// Looks when nothing moves any more.
  func look<Value: Sendable>(_ body: @escaping @Sendable (SocketPeer) -> Value) async throws -> Value {
    try await mode.settle()
    return await peer.executor.run { [peer] in body(peer) }
  }

  /// Does something, and waits until what follows from it has happened.
  func act<Value: Sendable>(_ body: @escaping @Sendable (SocketPeer) throws -> Value) async throws -> Value {
    let result = await peer.executor.run { [peer] in Result { try body(peer) } }
    try await mode.settle()
    return try result.get()
  }
}

extension SocketIO {
  /// Creates a test client, which connects at once.
  ///
  /// - Parameters:
  ///   - namespace: which namespace it joins; with `nil` it is not connected yet.
  ///   - auth: what it sends to authenticate itself.
  ///   - query: a query string for the requests of its connection.
  ///   - headers: header fields for all of its requests.
  ///   - cookies: the cookies that it has, such as those of another client.
  ///   - options: its generation, its transport and its manners.
  /// - Throws: `ConnectionRefused` if the server refuses it, or ``TestClientError``; with the code `wrongRuntime` if the
  ///   server does not run on a ``MemoryMode``.
  public func testClient(
    namespace: String? = "/", auth: SocketValue? = nil, query: String = "", headers: HTTPFields = [:],
    cookies: CookieJar = CookieJar(), options: TestClientOptions = TestClientOptions()
  ) async throws -> TestClient {
    guard isAttached, let memory = mode as? MemoryMode else {
      throw TestClientError(.wrongRuntime, "a test client needs a server on a MemoryMode")
    }
    let client = TestClient(self, memory, query: query, fields: headers, cookies: cookies, options: options)
    if let namespace { try await client.connect(namespace: namespace, auth: auth) }
    return client
  }
}
