import ServerTesting
import SocketIOCodec
import SocketIOServer
import Testing

private struct Chat: SocketNamespace {
  let namespace: Namespace
  let notes: Notes<String>

  var events: [On] {
    On("say", say)
    On("both") { (socket: Socket) in "class" }
    if namespace.name == "/chat" { On("conditional") { (socket: Socket) in "here" } }
    for index in 0..<2 { On("loop\(index)") { (socket: Socket) in index } }
  }

  func connected(_ socket: Socket, auth: SocketValue) throws {
    if auth["banned"] != nil { throw ConnectionRefused("no") }
    socket.join("lobby")
  }

  func disconnected(_ socket: Socket, reason: DisconnectReason) async {
    await notes.add("left: \(reason.rawValue)")
  }

  func say(_ socket: Socket, _ text: String) throws -> Int {
    try namespace.emit("said", text, to: ["lobby"])
    return text.count
  }
}

private struct Watched: InterceptingNamespace {
  let namespace: Namespace

  var events: [On] { On("known") { (socket: Socket) in "known" } }

  func handle(_ event: SocketEvent, next: EventAction) async throws -> Arguments? {
    let reply = try await next(event)
    return [.string("saw \(event.name)"), .array(reply?.values ?? ["nobody"])]
  }
}

/// Class-based, dynamic and accepted namespaces.
@Suite(.timeLimit(.minutes(2)))
struct NamespaceTests {
  @Test(arguments: modes)
  func classBasedNamespaces(_ mode: String) async throws {
    let notes = Notes<String>()
    try await serving(mode) { io in
      io.on("both", namespace: "/chat") { (socket: Socket) in "function" }
      io.onNamespace(Chat(namespace: io.namespace("/chat"), notes: notes))
      io.onNamespace(Watched(namespace: io.namespace("/watched")))
    } _: { server in
      let client = try await server.open()
      try await client.send(#"40/chat,{"banned":true}"#)
      #expect(try await client.text() == #"44/chat,{"message":"no"}"#)
      try await client.join("/chat")
      try await client.send(#"42/chat,0["say","hello"]"#)
      #expect(try await client.text() == #"42/chat,["said","hello"]"#)
      #expect(try await client.text() == "43/chat,0[5]")
      for (name, answer) in [("both", "\"function\""), ("conditional", "\"here\""), ("loop1", "1")] {
        try await client.send(#"42/chat,1["\#(name)"]"#)
        #expect(try await client.text() == "43/chat,1[\(answer)]")
      }
      try await client.send("41/chat")
      #expect(await notes.first(1) == ["left: client namespace disconnect"])

      try await client.join("/watched")
      try await client.send(#"42/watched,1["known"]"#)
      #expect(try await client.text() == #"43/watched,1["saw known",["known"]]"#)
      try await client.send(#"42/watched,2["unknown"]"#)
      #expect(try await client.text() == #"43/watched,2["saw unknown",["nobody"]]"#)
    }
  }

  @Test(arguments: modes)
  func dynamicNamespacesComeAndGoUpToTheirLimit(_ mode: String) async throws {
    var options = quietOptions()
    options.maxDynamicNamespaces = 2
    try await serving(mode, options) { io in
      io.on("where", namespace: "/tenant-*") { (socket: Socket) in "pattern \(socket.namespace)" }
      io.on("where", namespace: "/tenant-1") { (socket: Socket) in "exact" }
      io.on("everywhere", namespace: "*") { (socket: Socket) in "all" }
      io.acceptNamespaces { $0.hasSuffix("/ok") }
    } _: { server in
      let client = try await server.join("/tenant-a")
      try await client.send(#"42/tenant-a,0["where"]"#)
      #expect(try await client.text() == #"43/tenant-a,0["pattern /tenant-a"]"#)
      try await client.join("/tenant-1")
      try await client.send(#"42/tenant-1,0["where"]"#)
      #expect(try await client.text() == #"43/tenant-1,0["exact"]"#)
      try await client.send(#"42/tenant-1,1["everywhere"]"#)
      #expect(try await client.text() == #"43/tenant-1,1["all"]"#)

      try await client.send("40/nowhere,")
      #expect(try await client.text() == #"44/nowhere,{"message":"Invalid namespace"}"#)
      try await client.join("/x/ok")
      try await client.send("40/tenant-b,")
      #expect(try await client.text() == #"44/tenant-b,{"message":"Too many namespaces"}"#)
      #expect(await server.io.counters().refusedNamespaces == 1)
      // Who leaves as the last one makes room.
      try await client.send("41/tenant-a,")
      try await client.join("/tenant-b")
      #expect(await server.io.clientCount(namespace: "/tenant-b") == 1)
      #expect(await server.io.clientCount(namespace: "/tenant-a") == 0)
    }
  }

  @Test(arguments: modes)
  func namespacesThatAreAcceptedWithoutHandlers(_ mode: String) async throws {
    var options = quietOptions()
    options.namespaces = ["/listed", "/room-*"]
    try await serving(mode, options) { server in
      let client = try await server.join("/listed")
      try await client.join("/room-7")
      try await client.send("40/other,")
      #expect(try await client.text() == #"44/other,{"message":"Invalid namespace"}"#)
    }
    options.namespaces = ["*"]
    try await serving(mode, options) { server in _ = try await server.join("/whatever") }
  }

  @Test(arguments: [
    ("/a*c", "/abc", true), ("/a*c", "/ac", true), ("/a*c", "/abd", false), ("*", "/x", true),
    ("/*/x*", "/a/b/xy", true),
    ("/", "/x", false), ("/a*b*b", "/aXbYb", true), ("/a*b*b", "/aXb", false),
  ])
  func patterns(_ pattern: String, _ name: String, _ fits: Bool) async throws {
    var options = quietOptions()
    options.namespaces = [pattern]
    try await serving("threads", options) { server in
      let client = try await server.open()
      try await client.send("40\(name),")
      #expect(try await client.text().hasPrefix(fits ? "40" : "44"))
    }
  }
}
