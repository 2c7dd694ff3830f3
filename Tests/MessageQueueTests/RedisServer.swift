import AsyncModes
import Foundation
import Testing

/// A real Redis server that belongs to a test, on a Unix-domain socket and, if it is asked for, on a free port.
final class RedisServer {
  private var process = Process()
  private let folder: URL
  private let arguments: [String]
  var socket: String { folder.appendingPathComponent("s").path }
  var url: String { "unix://\(socket)" }

  init(_ arguments: String...) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("redis-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    self.arguments = arguments
    try start()
  }

  func start() throws {
    process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["redis-server", "--unixsocket", socket, "--dir", folder.path, "--save", "", "--appendonly", "no"]
      + (arguments.contains("--port") ? [] : ["--port", "0"]) + arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  func pause() { kill(process.processIdentifier, SIGSTOP) }
  func resume() { kill(process.processIdentifier, SIGCONT) }

  func stop() {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  deinit {
    if process.isRunning { stop() }
    try? FileManager.default.removeItem(at: folder)
  }
}

/// Waits for a condition, with a deadline that no machine should need.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
  let clock = ContinuousClock()
  let end = clock.now + .seconds(60)
  while try await !condition() {
    try #require(clock.now < end, "waited in vain for \(what)")
    try await Task.sleep(for: .milliseconds(5))
  }
}
