import AsyncModes
import ServerTesting
import SocketIOCodec
import SocketIOServer
import Testing

@Sendable private func greet(_ socket: Socket, _ name: String) -> String { "Hello \(name)" }

/// Registering handlers, and what reaches them.
@Suite(.timeLimit(.minutes(2)))
struct HandlerTests {
  @Test(arguments: modes)
  func functionsAndClosuresOfAllKinds(_ mode: String) async throws {
    try await serving(mode) { io in
      io.on("function", greet)
      io.on("later") { (socket: Socket, a: Int, b: [String]) async throws -> Arguments in
        [.int(Int64(a)), .string(b[0])]
      }
      io.on("nothing") { (socket: Socket) in }
      io.on("many", arguments: { _, arguments in Arguments(arguments.reversed()) })
      io.on("raw", raw: { _, text, acknowledgement in acknowledgement?.send(raw: text) })
      io.onMessage { (_: Socket, text: String) in text.uppercased() }
      io.onJSON { (_: Socket, object: [String: Int]) in object["a"] }
      io.onAny { _, event, arguments in event == "silent" ? nil : [.string(event), .int(Int64(arguments.count))] }
    } _: { server in
      let client = try await server.join()
      for (sent, answer) in [
        (#"420["function","Anna"]"#, #"430["Hello Anna"]"#),
        (#"421["later",7,["x"]]"#, #"431[7,"x"]"#),
        (#"422["nothing"]"#, "432[]"),
        (#"423["many",1,2,3]"#, "433[3,2,1]"),
        (#"424["raw",{"a":[1]}]"#, #"434[{"a":[1]}]"#),
        (#"425["message","hi"]"#, #"435["HI"]"#),
        (#"426["json",{"a":5}]"#, "436[5]"),
        (#"427["other",1,2]"#, #"437["other",2]"#),
        (#"4290["\u006dessage","esc"]"#, #"4390["ESC"]"#),
      ] {
        try await client.send(sent)
        #expect(try await client.text() == answer)
      }
      // What is not acknowledged leaves nothing on the wire.
      try await client.send(#"428["silent"]"#)
      try await client.send(#"429["nothing"]"#)
      #expect(try await client.text() == "439[]")
      #expect(await server.io.counters().receivedEvents == 11)
    }
  }

  @Test(arguments: modes)
  func everyReservedNameIsRefusedByName(_ mode: String) async throws {
    for name in ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"] {
      let io = try SocketIO(mode: try makeMode(mode), options: quietOptions())
      io.on(name) { (socket: Socket) in }
      let error = await #expect(throws: SocketIOError.self) { try await io.listen(on: try .ip("127.0.0.1", port: 0)) }
      #expect(error?.code == .reservedEvent && error?.message.contains("\"\(name)\"") == true)
      await io.stop()
    }
    let io = try SocketIO(mode: try makeMode(mode), options: quietOptions())
    io.onConnect(namespace: "chat") { _, _ in }
    let error = await #expect(throws: SocketIOError.self) { try await io.listen(on: try .ip("127.0.0.1", port: 0)) }
    #expect(error?.message.contains("\"chat\"") == true)
    await io.stop()
  }

  @Test(arguments: modes)
  func handlersMayBeRegisteredBeforeThereIsARuntime(_ mode: String) async throws {
    let io = try SocketIO(options: quietOptions())
    io.on("early") { (socket: Socket) in "yes" }
    io.onConnect(namespace: "/early") { _, _ in }
    #expect(!io.isAttached)
    io.emit("nobody is there", values: [])
    #expect(await io.participants().isEmpty)
    let other = quietOptions()
    try io.attach(mode: try makeMode(mode), options: other)
    let spare = try makeMode(mode)
    let error = #expect(throws: SocketIOError.self) { try io.attach(mode: spare) }
    #expect(error?.code == .alreadyAttached)
    _ = await spare.shutdown(within: .zero)
    io.on("late") { (socket: Socket) in "too" }
    let address = try await io.listen(on: try .ip("127.0.0.1", port: 0)).address
    let client = try await WireClient.join(address, io.mode)
    try await client.join("/early")
    try await client.send(#"420["early"]"#)
    #expect(try await client.text() == #"430["yes"]"#)
    try await client.send(#"421["late"]"#)
    #expect(try await client.text() == #"431["too"]"#)
    await io.stop()
  }

  @Test
  func whatNeedsARuntimeSaysSo() async throws {
    let io = try SocketIO(options: quietOptions())
    for attempt: @Sendable () async throws -> Void in [
      { try await io.run(port: 0) }, { try await io.run(unixSocket: "/tmp/never") },
      { _ = try await io.listen(on: try .ip("127.0.0.1", port: 0)) }, { try await io.sleep(for: .zero) },
      { try await io.runBlocking {} },
    ] {
      let error = await #expect(throws: SocketIOError.self) { try await attempt() }
      #expect(error?.code == .notAttached && error?.message.contains("call attach") == true)
    }
    await io.stop()
    await io.waitUntilStopped()
  }

  @Test(arguments: modes)
  func argumentsThatDoNotFitAreErrorsOfTheHandler(_ mode: String) async throws {
    let failures = Notes<HandlerFailure>()
    try await serving(mode) { io in
      io.on("number") { (socket: Socket, number: Int) in number }
      io.onError { _, failure in await failures.add(failure) }
    } _: { server in
      let client = try await server.join()
      try await client.send(#"420["number","x"]"#)
      #expect(try await client.text() == "430[]")
      try await client.send(#"421["number"]"#)
      #expect(try await client.text() == "431[]")
      let mismatches = await failures.first(2).map { $0.error as? ArgumentMismatch }
      #expect(mismatches.map { $0?.count } == [1, 0])
      #expect(await server.io.counters().failedHandlers == 2)
    }
  }

  @Test(arguments: modes)
  func errorHandlersAnswerAndSeeTheEvent(_ mode: String) async throws {
    struct Broken: Error {}
    let seen = Notes<String>()
    try await serving(mode) { io in
      for namespace in ["/", "/other"] {
        io.on("sync", namespace: namespace) { (socket: Socket, _: Int) throws -> Int in throw Broken() }
        io.on("async", namespace: namespace) { (socket: Socket, _: Int) async throws -> Int in throw Broken() }
        io.on("raw", namespace: namespace, raw: { _, _, _ in throw Broken() })
      }
      io.onError { socket, failure in
        await seen.add("\(failure.event) \(failure.arguments.values) \(SocketEvent.current?.name ?? "-")")
        return Arguments([.string("sorry"), .string(failure.event)])
      }
      io.onErrorDefault { socket, failure in "default \(socket.namespace)" }
    } _: { server in
      let client = try await server.join()
      for (index, name) in ["sync", "async", "raw"].enumerated() {
        try await client.send(#"42\#(index)["\#(name)",\#(index)]"#)
        #expect(try await client.text() == #"43\#(index)["sorry","\#(name)"]"#)
      }
      #expect(await seen.all == ["sync [0] sync", "async [1] async", "raw [2] raw"])
      try await client.join("/other")
      try await client.send(#"42/other,5["sync",1]"#)
      #expect(try await client.text() == #"43/other,5["default /other"]"#)
    }
  }

  @Test(arguments: modes)
  func contextFreeFunctionsKnowTheClient(_ mode: String) async throws {
    try await serving(mode) { io in
      io.on("sync") { (socket: Socket, room: String) throws -> String in
        try joinRoom(room)
        try emit("own", 1)
        try emit("room", 2, to: .room(room))
        try send("text")
        try leaveRoom(room)
        let event = try #require(SocketEvent.current)
        return "\(Socket.current === socket) \(event.name) \(event.arguments[0])"
      }
      io.on("async") { (socket: Socket) async throws -> [String] in
        try joinRoom("b")
        try emit("elsewhere", namespace: "/two")
        let joined = try await rooms()
        try closeRoom("b")
        return joined + (try await rooms())
      }
      io.on("leave") { (socket: Socket) throws in try disconnect() }
      io.onConnect(namespace: "/two") { _, _ in }
    } _: { server in
      let client = try await server.join()
      try await client.send(#"420["sync","a"]"#)
      #expect(try await client.text() == #"42["own",1]"#)
      #expect(try await client.text() == #"42["room",2]"#)
      #expect(try await client.text() == #"42["message","text"]"#)
      #expect(try await client.text() == #"430["true sync \"a\""]"#)
      try await client.join("/two")
      try await client.send(#"421["async"]"#)
      #expect(try await client.text() == #"42/two,["elsewhere"]"#)
      #expect(try await client.text() == #"431[["b"]]"#)
      try await client.send(#"42["leave"]"#)
      #expect(try await client.text() == "41")
      #expect(throws: SocketIOError.self) { try SocketIOServer.emit("outside") }
      #expect(throws: SocketIOError.self) { try joinRoom("x") }
    }
  }

  @Test(arguments: modes)
  func middlewareStandsBeforeHandlersInOrder(_ mode: String) async throws {
    let notes = Notes<String>()
    struct NotAllowed: Error {}
    try await serving(mode) { io in
      io.interceptConnections { socket, auth in
        await notes.add("first")
        guard auth["user"] != nil else { throw ConnectionRefused("who are you?", data: ["code": 7]) }
      }
      io.interceptConnections(namespace: "/") { _, _ in await notes.add("second") }
      io.onConnect { _, _ in await notes.add("handler") }
      io.interceptEvents { event, next in
        guard event.name != "forbidden" else { throw NotAllowed() }
        var event = event
        event.arguments.values.append("added")
        let reply = try await next(event)
        return reply.map { Arguments($0.values + ["after"]) }
      }
      io.interceptEvents(namespace: "/other") { _, _ in ["other"] }
      io.on("sync") { (socket: Socket, a: String, b: String) in a + b }
      io.on("raw", raw: { _, text, acknowledgement in acknowledgement?.send(raw: text) })
      io.onAny { _, name, arguments in [.string(name)] }
      io.onError { _, failure in "\(failure.error is NotAllowed)" }
    } _: { server in
      let client = try await server.open()
      try await client.send("40")
      #expect(try await client.text() == #"44{"message":"who are you?","data":{"code":7}}"#)
      #expect(await notes.all == ["first"])
      try await client.join(auth: #"{"user":"a"}"#)
      #expect(await notes.all == ["first", "first", "second", "handler"])
      for (sent, answer) in [
        (#"420["sync","x"]"#, #"430["xadded","after"]"#), (#"421["raw",{"a":1}]"#, #"431[{"a":1},"added"]"#),
        (#"422["any"]"#, #"432["any","after"]"#), (#"423["forbidden"]"#, #"433["true"]"#),
      ] {
        try await client.send(sent)
        #expect(try await client.text() == answer)
      }
      #expect(await server.io.counters().refusedConnections == 1)
    }
  }
}
