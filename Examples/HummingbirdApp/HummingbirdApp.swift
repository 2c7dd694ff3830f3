#if Hummingbird
  import ArgumentParser
  import AsyncModeSelection
  import AsyncModes
  import EngineIO
  import Hummingbird
  import SocketIOCodec
  import SocketIOHummingbird
  import SocketIOServer
  import SocketIOSessions

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// A Hummingbird router beside Socket.IO, on any runtime: people log in with a form, and their clients are known by the
  /// session.
  @main
  struct HummingbirdApp: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "hummingbird-app", abstract: "A Hummingbird router with a login beside Socket.IO.")

    @Option(help: "The port to listen on.") var port = 5000
    @Option(help: "libuv, structured, threads or auto.") var asyncMode = "auto"
    @Option(help: "The number of executors; without it one for each core.") var executors: Int?
    @Flag(
      help: "Keep sessions in the server's memory, where Socket.IO handlers can change them, instead of in a cookie.")
    var serverSessions = false

    func run() async throws {
      let login: any Login = serverSessions ? try ServerLogin() : try CookieLogin()
      var options = SocketIOOptions()
      options.sessions = login.store
      options.manageSession = !serverSessions
      let io = try SocketIO(
        app: HummingbirdApplication(router(login)), asyncMode: AsyncModeChoice(asyncMode), executors: executors,
        options: options)

      io.onConnect { socket, _ in
        guard let user = socket.session[.user] else { throw ConnectionRefused("Log in first") }
        socket.emit("welcome", values: [.string(user)])
      }
      io.on("whoami") { (socket: Socket) -> String? in socket.session[.user] }
      io.on("rename") { (socket: Socket, name: String) in try socket.session.set(name, for: .user) }

      try await io.run(port: port) { listener in
        print("ready http://\(listener.address)")
        fflush(nil)
      }
    }

    private func router(_ login: any Login) -> Router<BasicRequestContext> {
      let router = Router()
      router.get("/") { request, _ in
        let user = login.user(of: request) ?? "nobody"
        return EditedResponse(
          headers: [.contentType: "text/html; charset=utf-8"],
          response:
            "<p>You are \(escape(user)).</p><form method=post action=/login><input name=user><button>Log in</button></form>"
        )
      }
      router.post("/login") { request, context in
        let form = try await URLEncodedFormDecoder().decode(LoginForm.self, from: request, context: context)
        return Response(status: .seeOther, headers: [.location: "/", .setCookie: try login.begin(form.user)])
      }
      router.post("/logout") { request, _ in
        Response(status: .seeOther, headers: [.location: "/", .setCookie: login.end(request)])
      }
      return router
    }

    private func escape(_ text: String) -> String {
      text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
    }
  }

  /// What the login form sends.
  struct LoginForm: Decodable {
    let user: String
  }

  extension SessionKey<String> {
    static let user = SessionKey("user")
  }

  /// How users are remembered.
  protocol Login: Sendable {
    /// The sessions as Socket.IO handlers see them.
    var store: any SessionStore { get }
    /// Who sent a request.
    func user(of request: Request) -> String?
    /// Remembers a user; returns the cookie.
    func begin(_ user: String) throws -> String
    /// Forgets the user of a request; returns the cookie that takes the session away.
    func end(_ request: Request) -> String
  }

  /// Sessions in a signed cookie: Socket.IO handlers have a copy.
  struct CookieLogin: Login {
    private let sessions: SignedCookieSessions
    var store: any SessionStore { sessions }

    /// A program that is to know its users after a restart would read the secret from a file.
    init() throws { sessions = try SignedCookieSessions(secret: (0..<32).map { _ in UInt8.random(in: 0...255) }) }

    func user(of request: Request) -> String? {
      request.cookies[sessions.cookieName].flatMap { sessions.values(inCookie: $0.value) }?["user"]?.stringValue
    }
    func begin(_ user: String) throws -> String { try sessions.cookie(for: ["user": .string(user)]) }
    func end(_ request: Request) -> String { sessions.expiredCookie() }
  }

  /// Sessions in the server: HTTP and Socket.IO handlers share them.
  struct ServerLogin: Login {
    private let sessions: MemorySessionStore
    var store: any SessionStore { sessions }

    init() throws { sessions = try MemorySessionStore() }

    private func id(of request: Request) -> String? { request.cookies[sessions.cookieName]?.value }
    func user(of request: Request) -> String? {
      id(of: request).flatMap { sessions.session(id: $0) }?.values["user"]?.stringValue
    }
    func begin(_ user: String) throws -> String {
      sessions.cookie(for: sessions.create(["user": .string(user)]).id)
    }
    func end(_ request: Request) -> String {
      if let id = id(of: request) { sessions.remove(id: id) }
      return "\(sessions.cookieName)=; Path=/; Max-Age=0"
    }
  }
#else
  @main
  struct HummingbirdApp {
    static func main() { print("Build with the package trait Hummingbird: swift run --traits default,Hummingbird") }
  }
#endif
