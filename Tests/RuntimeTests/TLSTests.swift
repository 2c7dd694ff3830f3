import AsyncModeSelection
import AsyncModes
import Foundation
import Synchronization
import Testing

/// TLS between two sides of our own, on every runtime. Peers that nobody here wrote are asked by the Python tests.
@Suite(.serialized)
struct TLSTests {
  static let modes = AsyncModeRegistry.builtIn.map(\.name)

  /// A certificate for `localhost` and 127.0.0.1 that vouches for itself.
  private final class Files: Sendable {
    let folder: URL
    var certificate: String { folder.appending(path: "certificate.pem").path }
    var key: String { folder.appending(path: "key.pem").path }

    init() throws {
      folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let openssl = Process()
      openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      openssl.arguments =
        [
          "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days",
          "2",
        ]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        + ["-keyout", key, "-out", certificate]
      openssl.standardError = FileHandle.nullDevice
      try openssl.run()
      openssl.waitUntilExit()
      try #require(openssl.terminationStatus == 0, "openssl made no certificate; install the Debian package openssl")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func server() throws -> TLSContext {
      try TLSContext(server: TLSServerOptions(certificateChain: certificate, privateKey: key))
    }

    func client() throws -> TLSContext {
      var options = TLSClientOptions()
      options.authoritiesFile = certificate
      return try TLSContext(client: options)
    }
  }

  /// Sends back what comes, and ends when the peer does.
  private final class Echo: ConnectionHandler {
    let connection: Connection
    init(_ connection: Connection) { self.connection = connection }
    func received(_ bytes: inout MutableRawSpan) {
      connection.write(bytes.bytes)
      if !connection.isWritable { connection.pauseReading() }
    }
    func drained() { connection.resumeReading() }
    func closed(_ reason: CloseReason) {}
  }

  private final class Box: Sendable {
    let stream = Mutex<ByteStream?>(nil)
  }

  private func withMode(_ name: String, _ body: (any AsyncMode) async throws -> Void) async throws {
    let entry = try #require(AsyncModeRegistry.builtIn.first { $0.name == name })
    let mode = try entry.make(ModeConfiguration(executorCount: 2))
    do {
      try await body(mode)
    } catch {
      _ = await mode.shutdown(within: .seconds(5))
      throw error
    }
    #expect(await mode.shutdown(within: .seconds(20)).abortedConnections == 0)
  }

  private func open(
    _ mode: any AsyncMode, _ address: SocketAddress, _ tls: TLSContext, _ name: String
  ) async throws -> ByteStream {
    let box = Box()
    try await mode.connect(to: address, options: ConnectionOptions(), on: mode.executors[0], tls: tls, serverName: name)
    {
      let stream = ByteStream($0)
      box.stream.withLock { $0 = stream }
      return stream
    }
    return try #require(box.stream.withLock { $0 })
  }

  @Test(arguments: modes)
  func carriesMuchBothWays(_ name: String) async throws {
    let files = try Files()
    let (server, client) = (try files.server(), try files.client())
    try await withMode(name) { mode in
      let address = try SocketAddress.ip("127.0.0.1", port: 0)
      let listener = try await mode.listen(on: address, options: ListenOptions(), tls: server) { Echo($0) }
      for serverName in ["localhost", "127.0.0.1"] {
        let stream = try await open(mode, listener.address, client, serverName)
        let info = try #require(await mode.executors[0].run { stream.connection.tls })
        #expect(info.version == "TLSv1.3" && info.peerSubject == "CN=localhost")
        let sent = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        async let received = collect(stream)
        for start in stride(from: 0, to: sent.count, by: 70_000) {
          try await stream.write(Array(sent[start..<min(start + 70_000, sent.count)]))
        }
        mode.executors[0].post { stream.connection.endWriting() }
        #expect(try await received == sent)
      }
      #expect(server.counters == TLSCounters(handshakes: 2))
      #expect(client.counters == TLSCounters(handshakes: 2))
    }
  }

  private func collect(_ stream: ByteStream) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    for try await chunk in stream.inbound { bytes += chunk }
    return bytes
  }

  @Test(arguments: modes)
  func refusesWhomItDoesNotKnow(_ name: String) async throws {
    let (files, strangers) = (try Files(), try Files())
    let server = try files.server()
    try await withMode(name) { mode in
      let address = try SocketAddress.ip("127.0.0.1", port: 0)
      let listener = try await mode.listen(on: address, options: ListenOptions(), tls: server) { Echo($0) }
      await refuses("hostname mismatch") { try await open(mode, listener.address, files.client(), "example.org") }
      await refuses("IP address mismatch") { try await open(mode, listener.address, files.client(), "127.0.0.2") }
      await refuses("certificate") { try await open(mode, listener.address, strangers.client(), "localhost") }
      // Who asks for no verification gets none.
      var options = TLSClientOptions()
      options.verifiesServer = false
      let stream = try await open(mode, listener.address, TLSContext(client: options), "example.org")
      try await stream.write(Array("hello".utf8))
      #expect(try await stream.read() == Array("hello".utf8))
      await mode.executors[0].run { stream.connection.close() }
    }
  }

  @Test(arguments: modes)
  func givesUpOnWhoSpeaksNoTLS(_ name: String) async throws {
    let files = try Files()
    try await withMode(name) { mode in
      let address = try SocketAddress.ip("127.0.0.1", port: 0)
      // One that answers with what was sent, which is no answer of a server; and one that says nothing.
      let echo = try await mode.listen(on: address, options: ListenOptions()) { Echo($0) }
      await refuses("localhost") { try await open(mode, echo.address, files.client(), "localhost") }
      let silent = try await mode.listen(on: address, options: ListenOptions()) { ByteStream($0) }
      var options = TLSClientOptions()
      options.handshakeTimeout = .milliseconds(100)
      let impatient = try TLSContext(client: options)
      await refuses("deadline") { try await open(mode, silent.address, impatient, "localhost") }
      #expect(impatient.counters.failedHandshakes == 1)
    }
  }

  private func refuses(_ text: String, _ body: () async throws -> ByteStream) async {
    do {
      _ = try await body()
      Issue.record("there should be no connection: \(text)")
    } catch let error as AsyncModeError {
      #expect(error.code == .connectFailed && error.message.contains(text), "\(error)")
    } catch {
      Issue.record(error)
    }
  }

  @Test
  func namesWhatIsWrong() throws {
    let files = try Files()
    func complaint(_ change: (inout TLSServerOptions) -> Void) -> String {
      var options = TLSServerOptions(certificateChain: files.certificate, privateKey: files.key)
      change(&options)
      do {
        _ = try TLSContext(server: options)
        return ""
      } catch {
        #expect(error.code == .invalidOption)
        return error.message
      }
    }
    #expect(complaint { _ in } == "")
    #expect(complaint { $0.ciphers = "NONSENSE" }.contains("ciphers is \"NONSENSE\""))
    #expect(complaint { $0.cipherSuites = "NONSENSE" }.contains("cipherSuites is \"NONSENSE\""))
    #expect(complaint { $0.applicationProtocols = [""] }.contains("applicationProtocols"))
    #expect(complaint { $0.handshakeTimeout = .zero }.contains("handshakeTimeout is 0"))
    #expect(complaint { $0.clientVerification = .required(authoritiesFile: "/nowhere") }.contains("\"/nowhere\""))
    #expect(complaint { $0.clientVerification = .optional(authoritiesFile: files.key) }.contains(files.key))
    #expect(
      complaint { $0.certificatesByName["a b"] = TLSCertificate(chainFile: files.certificate, keyFile: files.key) }
        .contains("\"a b\""))
  }
}
