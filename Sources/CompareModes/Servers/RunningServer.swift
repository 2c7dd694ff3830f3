import AsyncModes
import Foundation

/// A server under test: a process of its own.
final class RunningServer: @unchecked Sendable {
  // @unchecked: used by one task at a time.

  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  /// Where Socket.IO is served.
  private(set) var port = 0
  /// Where TCP is echoed; 0 if nowhere.
  private(set) var echoPort = 0

  /// What all measurements of the run have in common.
  let settings: Settings
  /// Who serves.
  let contender: Contender

  private init(_ contender: Contender, _ settings: Settings) {
    self.contender = contender
    self.settings = settings
  }

  /// Starts a server, and waits until it accepts connections.
  static func start(_ contender: Contender, _ settings: Settings, _ load: LoadGenerator) async throws -> RunningServer {
    let server = RunningServer(contender, settings)
    do {
      switch contender.kind {
      case .mode(let mode):
        try server.launch(
          settings.program,
          ["serve", "--async-mode", mode, "--executors", "\(contender.executors)"])
        guard let words = server.readLine()?.split(separator: " "), words.count == 3, words[0] == "ready",
          let port = Int(words[1]), let echoPort = Int(words[2])
        else { throw ScenarioError("the server of \(contender.name) does not start") }
        server.port = port
        server.echoPort = echoPort
      case .command(let command):
        server.port = try freePort()
        let line = command.replacingOccurrences(of: "{port}", with: "\(server.port)")
        try server.launch("/bin/sh", ["-c", "exec \(line)"], isQuiet: true)
        try await server.waitUntilAccepting(load)
      }
    } catch {
      server.stop()
      throw error
    }
    return server
  }

  /// Runs a measurement that needs no load in a process of its own; returns what it prints.
  static func measure(_ what: String, _ contender: Contender, _ settings: Settings) throws -> [String: Double] {
    guard case .mode(let mode) = contender.kind else { throw ScenarioError("\(contender.name) is no runtime") }
    let server = RunningServer(contender, settings)
    defer { server.stop() }
    try server.launch(
      settings.program,
      [
        "measure", what, "--async-mode", mode, "--executors", "\(contender.executors)", "--seconds",
        "\(settings.seconds)",
      ])
    guard let line = server.readLine() else { throw ScenarioError("the measurement ended without a result") }
    return try JSONDecoder().decode([String: Double].self, from: Data(line.utf8))
  }

  /// Why a result says more about the load than about this server, or `nil` if it does not.
  func limit(of result: Tally.Result) -> String? {
    settings.isQuick ? nil : result.limit(executors: contender.executors)
  }

  private func launch(_ program: String, _ arguments: [String], isQuiet: Bool = false) throws {
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardInput = input
    process.standardOutput = isQuiet ? FileHandle.nullDevice : output
    if isQuiet { process.standardError = FileHandle.nullDevice }
    try Cores.on(settings.cores.server) { try process.run() }
    Children.add(process.processIdentifier)
    try? output.fileHandleForWriting.close()
  }

  private func readLine() -> String? {
    var bytes: [UInt8] = []
    while let byte = try? output.fileHandleForReading.read(upToCount: 1)?.first {
      if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
    return nil
  }

  private func waitUntilAccepting(_ load: LoadGenerator) async throws {
    let end = Date().addingTimeInterval(60)
    while true {
      guard process.isRunning else {
        throw ScenarioError("the command ended with \(process.terminationStatus) before it listened")
      }
      do {
        try await load.connect(to: port) { ProbeHandler($0) }
        return
      } catch {
        guard Date() < end else { throw ScenarioError("the command does not listen on port \(port)") }
        try await load.mode.sleep(for: .milliseconds(50))
      }
    }
  }

  /// Ends the process.
  func stop() {
    try? input.fileHandleForWriting.close()
    guard process.processIdentifier > 0 else { return }
    if process.isRunning { process.terminate() }
    let end = Date().addingTimeInterval(5)
    while process.isRunning, Date() < end { usleep(2000) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    Children.remove(process.processIdentifier)
  }

  /// The memory that the process and its children hold in RAM, in bytes.
  var residentBytes: Int { get throws { try ProcessFigures.resident(of: process.processIdentifier) } }

  /// The processor time that the process and its children have used, in seconds.
  var processorSeconds: Double { ProcessFigures.processorSeconds(of: process.processIdentifier) }

  private static func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
      }
    }
    guard result == 0 else { throw ScenarioError("the system gives no free port") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}
