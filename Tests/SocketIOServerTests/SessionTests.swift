import AsyncModes
import EngineIO
import ServerTesting
import SocketIOCodec
import SocketIOServer
import Synchronization
import Testing

extension SessionKey<String> { fileprivate static let user = SessionKey("user") }
extension SessionKey<[Int]> { fileprivate static let numbers = SessionKey("numbers") }

/// The request of the connection, and what is remembered about a user.
@Suite(.timeLimit(.minutes(2)))
struct SessionTests {
  @Test(arguments: modes)
  func theRequestOfTheConnection(_ mode: String) async throws {
    try await serving(mode) { io in
      io.on("request") { (socket: Socket) -> [String?] in
        let request = socket.request
        return [
          request.query("name"), request.query("none"), request.header("X-Thing"), request.cookie("b"),
          request.cookie("quoted"), request.path, request.remoteAddress?.host, "\(socket.id.description.count)",
        ]
      }
    } _: { server in
      let client = try await server.open(
        query: "&name=J%C3%BCrgen+M&empty", fields: "x-thing: 7\r\nCookie: a=1; b=2; quoted=\"q\"\r\n")
      try await client.join()
      try await client.send(#"420["request"]"#)
      #expect(
        try await client.text()
          == #"430[["Jürgen M",null,"7","2","q","/socket.io/","127.0.0.1","20"]]"#)
    }
  }

  @Test(arguments: modes)
  func sessionsAreKeptForEachClientAndNamespace(_ mode: String) async throws {
    try await serving(mode) { io in
      for namespace in ["/", "/other"] {
        io.on("set", namespace: namespace) { (socket: Socket, name: String) throws in
          try socket.session.set(name, for: .user)
          try socket.session.set([1, 2], for: .numbers)
        }
        io.on("get", namespace: namespace) { (socket: Socket) in socket.session[.user] }
        io.on("sum", namespace: namespace) { (socket: Socket) in socket.session[.numbers]?.reduce(0, +) }
        io.on("forget", namespace: namespace) { (socket: Socket) in socket.session.remove(.user) }
      }
    } _: { server in
      let client = try await server.join()
      try await client.join("/other")
      for (sent, answer) in [
        (#"420["set","Anna"]"#, "430[]"), (#"421["get"]"#, #"431["Anna"]"#), (#"422["sum"]"#, "432[3]"),
        (#"42/other,3["get"]"#, "43/other,3[null]"), (#"424["forget"]"#, "434[]"), (#"425["get"]"#, "435[null]"),
      ] {
        try await client.send(sent)
        #expect(try await client.text() == answer)
      }
    }
  }

  @Test(arguments: modes, [true, false])
  func manageSession(_ mode: String, _ isManaged: Bool) async throws {
    let store = try MemorySessionStore()
    let stored = store.create(["user": "Anna"])
    var options = quietOptions()
    options.sessions = store
    options.manageSession = isManaged
    let cookie = "Cookie: \(store.cookie(for: stored.id).prefix { $0 != ";" })\r\n"
    struct Broken: Error {}
    try await serving(mode, options) { io in
      io.onConnect { socket, _ in
        guard socket.session[.user] != nil else { throw ConnectionRefused("log in first") }
        try socket.session.set([1], for: .numbers)
      }
      io.on("get") { (socket: Socket) in socket.session[.user] }
      io.on("set") { (socket: Socket, name: String) throws in
        try socket.session.set(name, for: .user)
        if name == "broken" { throw Broken() }
      }
    } _: { server in
      let stranger = try await server.open()
      try await stranger.send("40")
      #expect(try await stranger.text() == #"44{"message":"log in first"}"#)

      let client = try await server.open(fields: cookie)
      try await client.join()
      #expect(store.session(id: stored.id)?.values["numbers"] == (isManaged ? nil : [1]))
      // What an HTTP handler changes.
      store.save(StoredSession(id: stored.id, values: ["user": "Berta"]))
      try await client.send(#"420["get"]"#)
      #expect(try await client.text() == (isManaged ? #"430["Anna"]"# : #"430["Berta"]"#))
      // What an event handler changes.
      try await client.send(#"421["set","Clara"]"#)
      #expect(try await client.text() == "431[]")
      try await client.send(#"422["get"]"#)
      #expect(try await client.text() == #"432["Clara"]"#)
      #expect(store.session(id: stored.id)?.values["user"] == (isManaged ? "Berta" : "Clara"))
      try await client.send(#"42["set","broken"]"#)
      try await client.send(#"423["get"]"#)
      #expect(try await client.text() == #"433["broken"]"#)
      #expect(store.session(id: stored.id)?.values["user"] == (isManaged ? "Berta" : "broken"))
    }
  }

  @Test
  func sharedSessionsNeedAStore() {
    var options = quietOptions()
    options.manageSession = false
    let error = #expect(throws: SocketIOError.self) { _ = try SocketIO(options: options) }
    #expect(error?.message.contains("manageSession") == true)
  }

  @Test
  func sessionsExpireAndAreBounded() throws {
    let time = Mutex(ContinuousClock.now)
    let store = try MemorySessionStore(lifetime: .seconds(10), limit: 3) { time.withLock { $0 } }
    let ids = (0..<3).map { store.create(["number": .int($0)]).id }
    #expect(Set(ids).count == 3)
    // The one that was used last stays.
    #expect(store.session(id: ids[0])?.values["number"] == 0)
    let fourth = store.create()
    #expect(store.session(id: ids[1]) == nil && store.session(id: ids[0]) != nil && store.count == 3)
    #expect(store.evicted == 1)
    time.withLock { $0 += .seconds(9) }
    #expect(store.session(id: fourth.id) != nil)
    time.withLock { $0 += .seconds(9) }
    #expect(store.session(id: ids[0]) == nil && store.session(id: fourth.id) != nil)
    store.remove(id: fourth.id)
    store.save(StoredSession(id: fourth.id, values: ["a": 1]))
    #expect(store.session(id: fourth.id) == nil)
    for _ in 0..<1000 { _ = store.session(id: store.create().id) }
    #expect(store.count == 3)
    for (name, make) in [
      ("cookieName", { try MemorySessionStore(cookieName: "a b") }),
      ("lifetime", { try MemorySessionStore(lifetime: .zero) }),
      ("limit", { try MemorySessionStore(limit: 0) }),
    ] as [(String, () throws -> MemorySessionStore)] {
      let error = #expect(throws: SocketIOError.self) { _ = try make() }
      #expect(error?.message.contains(name) == true)
    }
  }
}
