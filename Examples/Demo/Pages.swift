import Foundation
import HTTPTypes
import SocketIOCodec
import SocketIOServer

/// The pages, the client library that they load, and what they ask for over HTTP.
enum Pages {
  /// Where browsers find the client library if the program was given none.
  private static let publishedClient = "https://cdn.socket.io/4.8.1/socket.io.min.js"

  static func routes(client: String?, sessions: MemorySessionStore) throws -> HTTPRoutes {
    var routes = HTTPRoutes()
    try addPages(to: &routes, sessions)
    try addClient(client, to: &routes)
    addSession(to: &routes, sessions)
    return routes
  }

  private static func addPages(to routes: inout HTTPRoutes, _ sessions: MemorySessionStore) throws {
    for (path, file) in [("/", "index.html"), ("/sessions", "sessions.html")] {
      let page = try resource(file)
      routes.get(path) { request in
        var answer = content(page, "text/html")
        // Who comes for the first time gets a session.
        if session(of: request, sessions) == nil {
          answer.response.headerFields[.setCookie] = sessions.cookie(for: sessions.create().id)
        }
        return answer
      }
    }
    for (path, file, type) in [("/demo.css", "demo.css", "text/css"), ("/demo.js", "demo.js", "text/javascript"),
      ("/sessions.js", "sessions.js", "text/javascript")]
    {
      let bytes = try resource(file)
      routes.get(path) { _ in content(bytes, type) }
    }
  }

  private static func addClient(_ client: String?, to routes: inout HTTPRoutes) throws {
    guard let client else {
      routes.get("/client.js") { _ in
        var response = HTTPResponse(status: .found)
        response.headerFields[.location] = publishedClient
        return ApplicationResponse(response)
      }
      return
    }
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: client)))
    routes.get("/client.js") { _ in content(bytes, "text/javascript") }
  }

  /// Reading and changing the session over HTTP; a change is an object with `user` or `value`.
  private static func addSession(to routes: inout HTTPRoutes, _ sessions: MemorySessionStore) {
    routes.get("/session") { request in
      guard let stored = session(of: request, sessions) else { return ApplicationResponse(status: .forbidden, text: "No session\n") }
      return view(stored)
    }
    routes.post("/session") { request in
      guard var stored = session(of: request, sessions) else { return ApplicationResponse(status: .forbidden, text: "No session\n") }
      guard let change = try? JSONDecoder().decode([String: String?].self, from: Data(request.body)) else {
        return ApplicationResponse(status: .badRequest, text: "The content must be an object of strings\n")
      }
      for name in ["user", "value"] {
        if let value = change[name] { stored.values[name] = value.map { .string($0) } }
      }
      sessions.save(stored)
      return view(stored)
    }
  }

  private static func session(of request: ApplicationRequest, _ sessions: MemorySessionStore) -> StoredSession? {
    let cookies = request.request.headerFields[.cookie]?.split(separator: ";") ?? []
    let pairs = cookies.map { $0.drop { $0 == " " }.split(separator: "=", maxSplits: 1) }
    guard let pair = pairs.first(where: { $0.count == 2 && $0[0] == sessions.cookieName }) else { return nil }
    return sessions.session(id: String(pair[1]))
  }

  private static func view(_ session: StoredSession) -> ApplicationResponse {
    let view = SessionEvents.View(
      user: session.values["user"]?.stringValue ?? "anonymous", value: session.values["value"]?.stringValue ?? "")
    return content([UInt8]((try? JSONEncoder().encode(view)) ?? Data()), "application/json")
  }

  private static func content(_ bytes: [UInt8], _ type: String) -> ApplicationResponse {
    var response = HTTPResponse(status: .ok)
    response.headerFields[.contentType] = "\(type); charset=utf-8"
    response.headerFields[.cacheControl] = "no-cache"
    response.headerFields[.contentSecurityPolicy] =
      "default-src 'self'; script-src 'self' https://cdn.socket.io; connect-src 'self' ws: wss:"
    return ApplicationResponse(response, body: bytes)
  }

  private static func resource(_ name: String) throws -> [UInt8] {
    guard let url = Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Resources") else {
      throw MissingFile(name: name)
    }
    return [UInt8](try Data(contentsOf: url))
  }

  /// A file of the program is not where it was built.
  struct MissingFile: Error, CustomStringConvertible {
    let name: String
    var description: String { "the file \(name) of the demo is missing: run it from where it was built" }
  }
}
