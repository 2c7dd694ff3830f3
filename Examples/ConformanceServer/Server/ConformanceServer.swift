import ArgumentParser
import AsyncModeSelection
import AsyncModes
import ConformanceApplication
import HTTPServing
import SocketIOServer

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A server for conformance suites: Socket.IO on `/socket.io/`, bare Engine.IO on `/engine.io/`, WebSocket on `/ws-echo`.
@main
struct ConformanceServer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conformance-server", abstract: "A server that conformance suites are pointed at.")

  @Option(help: "The port to listen on.") var port = 5000
  @Option(help: "libuv, structured, threads or auto.") var asyncMode = "auto"
  @Option(help: "How long a client may take to answer a heartbeat, in milliseconds.") var pingTimeout = 200
  @Option(help: "How long a connection may be idle between requests, in milliseconds.") var keepAliveTimeout = 75_000
  @Option(help: "A file with a certificate chain (PEM), to serve with TLS.") var certificate: String?
  @Option(help: "The file with the private key of the certificate (PEM).") var key: String?
  @Option(help: "What the private key is encrypted with.") var passphrase: String?
  @Option(help: "A file with authorities (PEM) that clients must have a certificate from.") var clientAuthorities:
    String?
  @Option(help: "The lowest version of TLS, 1.2 or 1.3.") var minimumTLS = "1.2"
  @Option(help: "Another name, certificate and key, separated by commas.") var name: [String] = []
  @Option(help: "Addresses of proxies, separated by commas, that begin connections with a PROXY header.")
  var proxyProtocol: String?
  @Option(help: "How long a TLS handshake may take, in milliseconds.") var handshakeTimeout = 10_000
  @Flag(help: "Serve on the sockets that systemd gave to the process.") var activated = false
  @Flag(help: "Say more, to the log and to clients.") var debug = false
  @Option(help: "Start anew when this file, or the program itself, changes.") var watch: [String] = []
  @Option(help: "The command that builds the program after a change of what is watched.") var build: String?
  @Option(help: "A Unix-domain socket to listen on in place of the port.") var unixSocket: String?
  @Option(help: "The number of executors; without it one for each core.") var executors: Int?

  func run() async throws {
    var options = ConformanceApplication.options(pingTimeout: .milliseconds(pingTimeout))
    options.http.keepAliveTimeout = .milliseconds(keepAliveTimeout)
    options.tls = try tls()
    if let proxyProtocol {
      options.http.proxyProtocol = try TrustedProxies(proxyProtocol.split(separator: ",").map(String.init))
    }
    options.debug = debug
    let io = try SocketIO(
      app: application, asyncMode: AsyncModeChoice(asyncMode), executors: executors, options: options)
    try ConformanceApplication.register(on: io)
    let ready = { @Sendable (listener: any Listener) in
      print("ready \(listener.address)")
      fflush(nil)
    }
    var reloading: Reloading?
    if !watch.isEmpty || build != nil {
      reloading = Reloading(watching: watch, build: build.map { ["/bin/sh", "-c", $0] } ?? [])
      reloading?.interval = .milliseconds(50)
    }
    if activated {
      try await io.runActivated(ready: ready)
    } else if let unixSocket {
      try await io.run(unixSocket: unixSocket, ready: ready)
    } else {
      try await io.run(port: port, reloading: reloading, ready: ready)
    }
  }

  private var application: HTTPRoutes {
    var routes = HTTPRoutes()
    routes.get("/failure") { _ in throw Failure() }
    return routes
  }

  private func tls() throws -> TLSServerOptions? {
    guard let certificate else { return nil }
    guard let key else { throw ValidationError("--certificate needs --key") }
    guard let version = ["1.2": TLSVersion.v1_2, "1.3": .v1_3][minimumTLS] else {
      throw ValidationError("--minimum-tls is \(minimumTLS), but must be 1.2 or 1.3")
    }
    var tls = TLSServerOptions(certificateChain: certificate, privateKey: key, passphrase: passphrase)
    tls.minimumVersion = version
    tls.handshakeTimeout = .milliseconds(handshakeTimeout)
    if let clientAuthorities { tls.clientVerification = .required(authoritiesFile: clientAuthorities) }
    for entry in name {
      let parts = entry.split(separator: ",").map(String.init)
      guard parts.count == 3 else { throw ValidationError("--name is \(entry), but must be name,certificate,key") }
      tls.certificatesByName[parts[0]] = TLSCertificate(chainFile: parts[1], keyFile: parts[2])
    }
    return tls
  }

  /// What the handler of `/failure` throws.
  struct Failure: Error {}
}
