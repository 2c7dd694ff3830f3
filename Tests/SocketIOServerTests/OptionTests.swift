import ServerTesting
import SocketIOCodec
import SocketIOServer
import Testing

/// Each option changes what happens, and wrong values are named.
@Suite(.timeLimit(.minutes(2)))
struct OptionTests {
  @Test(arguments: modes, [false, true])
  func asyncHandlers(_ mode: String, _ isOn: Bool) async throws {
    var options = quietOptions()
    options.asyncHandlers = isOn
    options.maxConcurrentEvents = 2
    let gate = Gate()
    let started = Notes<Int>()
    try await serving(mode, options) { io in
      io.on("slow") { (socket: Socket, number: Int) async -> Int in
        await started.add(number)
        await gate.pass()
        return number
      }
      io.on("fast") { (socket: Socket) in "fast" }
    } _: { server in
      let client = try await server.join()
      for number in 0..<3 { try await client.send(#"42\#(number)["slow",\#(number)]"#) }
      // What comes later shows that the three have been looked at.
      try await client.send("40/nowhere,")
      if isOn {
        #expect(Set(await started.first(2)) == [0, 1])
      } else {
        #expect(await started.first(1) == [0])
      }
      await gate.open()
      var answers: [String] = []
      for _ in 0..<3 { answers.append(try await client.text()) }
      if isOn {
        #expect(Set(answers) == ["430[0]", "431[1]", "432[2]"])
      } else {
        #expect(answers == ["430[0]", "431[1]", "432[2]"])
        #expect(await started.all == [0, 1, 2])
      }
      #expect(try await client.text().hasPrefix("44/nowhere,"))
    }
  }

  @Test(arguments: modes)
  func concurrencyIsBounded(_ mode: String) async throws {
    var options = quietOptions()
    options.asyncHandlers = true
    options.maxConcurrentEvents = 2
    let gate = Gate()
    let started = Notes<Int>()
    try await serving(mode, options) { io in
      io.on("slow") { (socket: Socket, number: Int) async in
        await started.add(number)
        await gate.pass()
      }
    } _: { server in
      let client = try await server.join()
      for number in 0..<3 { try await client.send(#"42["slow",\#(number)]"#) }
      // A second client on another connection shows that time has passed for the server.
      _ = await started.first(2)
      let other = try await server.join()
      try await other.send(#"42["slow",9]"#)
      _ = await started.first(3)
      #expect(Set(await started.all) == [0, 1, 9])
      await gate.open()
      #expect(await started.first(4).contains(2))
    }
  }

  @Test(arguments: modes)
  func alwaysConnect(_ mode: String) async throws {
    for isOn in [false, true] {
      var options = quietOptions()
      options.alwaysConnect = isOn
      let goodbyes = Notes<DisconnectReason>()
      try await serving(mode, options) { io in
        io.onConnect { socket, auth in
          socket.emit("inside", values: [])
          throw ConnectionRefused("no")
        }
        io.onDisconnect { _, reason in await goodbyes.add(reason) }
      } _: { server in
        let client = try await server.open()
        try await client.send("40")
        if isOn {
          #expect(try await client.text().hasPrefix(#"40{"sid":"#))
          #expect(try await client.text() == #"42["inside"]"#)
          #expect(try await client.text() == "41")
        } else {
          #expect(try await client.text() == #"44{"message":"no"}"#)
        }
        #expect(await server.io.clientCount() == 0)
        #expect(await goodbyes.all.isEmpty)
      }
    }
  }

  @Test(arguments: modes)
  func connectTimeout(_ mode: String) async throws {
    var options = quietOptions()
    options.connectTimeout = .milliseconds(100)
    try await serving(mode, options) { server in
      let client = try await server.open()
      #expect(try await client.isClosed())
    }
  }

  @Test(arguments: modes)
  func limits(_ mode: String) async throws {
    var options = quietOptions()
    options.maxRoomsPerClient = 2
    options.maxPendingAcknowledgements = 1
    options.maxNamespacesPerClient = 2
    options.namespaces = ["/a", "/b"]
    options.limits.maxAttachments = 1
    options.limits.maxDepth = 4
    try await serving(mode, options) { io in
      io.on("rooms") { (socket: Socket) async -> [String] in
        for room in ["1", "2", "3"] { socket.join(room) }
        return await socket.rooms
      }
      io.on("calls") { (socket: Socket) async -> String in
        socket.emit("first", values: []) { _ in }
        do { _ = try await socket.call("second") } catch {
          return "\((error as? SocketIOError)?.code.description ?? "?")"
        }
        return ""
      }
      io.on("x") { (socket: Socket) in }
    } _: { server in
      let client = try await server.join()
      try await client.send(#"420["rooms"]"#)
      #expect(try await client.text() == #"430[["1","2"]]"#)
      #expect(await server.io.counters().refusedJoins == 1)
      try await client.send(#"421["calls"]"#)
      #expect(try await client.text() == #"420["first"]"#)
      #expect(try await client.text() == #"431["tooManyPending"]"#)
      try await client.join("/a")
      try await client.send("40/b,")
      #expect(try await client.text() == #"44/b,{"message":"Too many namespaces"}"#)
      let deep = try await server.join()
      try await deep.send(#"42["x",[[[[[1]]]]]]"#)
      #expect(try await deep.isClosed())
      let many = try await server.join()
      try await many.send(#"452-["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#)
      #expect(try await many.isClosed())
    }
  }

  @Test
  func wrongValuesAreNamed() throws {
    func check(_ name: String, _ change: (inout SocketIOOptions) -> Void) {
      var options = quietOptions()
      change(&options)
      let error = #expect(throws: SocketIOError.self, "\(name) was accepted") { _ = try SocketIO(options: options) }
      #expect(error?.code == .invalidOption && error?.message.contains(name) == true)
    }
    check("maxNamespacesPerClient") { $0.maxNamespacesPerClient = 0 }
    check("maxRoomsPerClient") { $0.maxRoomsPerClient = 0 }
    check("maxPendingAcknowledgements") { $0.maxPendingAcknowledgements = -1 }
    check("maxQueuedEvents") { $0.maxQueuedEvents = 0 }
    check("maxQueuedEventBytes") { $0.maxQueuedEventBytes = 0 }
    check("maxDynamicNamespaces") { $0.maxDynamicNamespaces = 0 }
    check("maxConcurrentEvents") { $0.maxConcurrentEvents = 0 }
    check("limits.maxDepth") { $0.limits.maxDepth = 0 }
    check("limits.maxAttachments") { $0.limits.maxAttachments = -1 }
    check("limits.maxNamespaceBytes") { $0.limits.maxNamespaceBytes = 0 }
    check("limits.maxPendingBytes") { $0.limits.maxPendingBytes = 0 }
    check("connectTimeout") { $0.connectTimeout = .zero }
    check("shutdownTimeout") { $0.shutdownTimeout = .seconds(-1) }
    check("namespaces") { $0.namespaces = ["chat"] }
  }
}
