import AsyncModeSelection
import AsyncModes
import Foundation
import HTTPTypes
import ServerTesting
import SocketIOCodec
import SocketIOServer
import Testing

// The manual's section "Initialization".

@Suite(.timeLimit(.minutes(2)))
struct InitializationTests {
  private static let page = """
    <script src="https://cdn.socket.io/4.8.1/socket.io.min.js"></script>
    <script>
      const socket = io()
      socket.on("connect", () => socket.emit("my event", { data: "I'm connected!" }))
    </script>
    """

  /// The application beside the server, and the page with the client.
  private static var app: HTTPRoutes {
    var app = HTTPRoutes()
    app.get("/") { _ in ApplicationResponse(contentType: "text/html; charset=utf-8", text: page) }
    return app
  }

  private struct MyEvent: Decodable { var data: String }

  /// Runs the server until it is stopped, and does in between what a browser does.
  private func run(_ io: SocketIO) async throws {
    let received = Notes<String>()
    io.on("my event") { (socket: Socket, json: MyEvent) in await received.add(json.data) }
    try await io.run(port: 0) { listener in
      do {
        let answer = try await fetch("/", listener.address, io.mode)
        #expect(answer.hasPrefix("HTTP/1.1 200"))
        #expect(answer.hasSuffix(Self.page))
        let client = try await WireClient.join(listener.address, io.mode)
        try await client.send(#"42["my event",{"data":"I'm connected!"}]"#)
        #expect(await received.first(1) == ["I'm connected!"])
      } catch {
        Issue.record(error)
      }
      // `run` returns once the server has stopped, which it does only after this closure has returned.
      io.startBackgroundTask { await io.stop() }
    }
  }

  @Test(arguments: modes)
  func createsAndRunsTheServer(_ mode: String) async throws {
    try await run(SocketIO(app: Self.app, mode: makeMode(mode), options: quietOptions()))
  }

  /// Flask's folder of static files.
  @Test(arguments: modes)
  func servesAFolder(_ mode: String) async throws {
    let folder = try TemporaryFolder(["site.css": "p { color: red }"])
    var files = try StaticFiles(folder.path)
    files.cacheControl = "public, max-age=3600"
    var app = HTTPRoutes(fallback: files)
    app.get("/version") { _ in ApplicationResponse(text: "1.0\n") }
    let io = try SocketIO(app: app, mode: makeMode(mode), options: quietOptions())
    try await io.run(port: 0) { listener in
      do {
        let answer = try await fetch("/site.css", listener.address, io.mode)
        #expect(answer.contains("Cache-Control: public, max-age=3600\r\n") && answer.hasSuffix("p { color: red }"))
        #expect(try await fetch("/version", listener.address, io.mode).hasSuffix("1.0\n"))
        #expect(try await fetch("/nothing", listener.address, io.mode).hasPrefix("HTTP/1.1 404"))
      } catch {
        Issue.record(error)
      }
      io.startBackgroundTask { await io.stop() }
    }
  }

  @Test func foldersThatAreNotThere() {
    #expect { try StaticFiles("/nowhere") } throws: { "\($0)".contains("\"/nowhere\"") }
    #expect { try StaticFiles("/tmp", at: "static") } throws: { "\($0)".contains("the prefix is \"static\"") }
  }

  @Test(arguments: modes)
  func givesTheApplicationLater(_ mode: String) async throws {
    let io = try SocketIO(options: quietOptions())
    #expect(!io.isAttached)
    try io.attach(app: Self.app, mode: makeMode(mode))
    try await run(io)
  }

  @Test
  func choosesTheRuntimeByItself() async throws {
    let io = try SocketIO(app: Self.app, asyncMode: .auto, executors: 1, options: quietOptions())
    try await run(io)
  }
}

/// A folder with files, which is removed with this.
private final class TemporaryFolder {
  let path: String

  init(_ files: [String: String]) throws {
    path = NSTemporaryDirectory() + "/" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for (name, text) in files { try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8) }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
