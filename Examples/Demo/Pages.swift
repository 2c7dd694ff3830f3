import Foundation
import HTTPTypes
import SocketIOCodec
import SocketIOServer

/// The pages, the client library that they load, and what they ask for over HTTP.
enum Pages {
  /// Where browsers find the client library if the program was given none.
  private static let publishedClient = "https://cdn.socket.io/4.8.1/socket.io.min.js"

  private static let policy = "default-src 'self'; script-src 'self' https://cdn.socket.io; connect-src 'self' ws: wss:"
  private static let folder = Bundle.module.bundlePath + "/Resources"

  /// - Parameter hasClient: whether the server has the client library itself.
  static func routes(hasClient: Bool, sessions: MemorySessionStore) throws -> HTTPRoutes {
    var files = try StaticFiles(folder)
    files.fields[.contentSecurityPolicy] = policy
    var routes = HTTPRoutes(fallback: files)
    for (path, file) in [("/", "index.html"), ("/sessions", "sessions.html")] {
      let page = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/" + file)))
      routes.get(path) { request in
        var answer = content(page, "text/html")
        // Who comes for the first time gets a session.
        if session(of: request, sessions) == nil {
          answer.response.headerFields[.setCookie] = sessions.cookie(for: sessions.create().id)
        }
        return answer
      }
    }
    routes.get("/client.js") { _ in
      var response = HTTPResponse(status: .found)
      response.headerFields[.location] = hasClient ? "/socket.io/socket.io.js" : publishedClient
      return ApplicationResponse(response)
    }
    addSession(to: &routes, sessions)
    return routes
  }

  /// Reading and changing the session over HTTP; a change is an object with `user` or `value`.
  private static func addSession(to routes: inout HTTPRoutes, _ sessions: MemorySessionStore) {
    routes.get("/session") { request in
      guard let stored = session(of: request, sessions) else {
        return ApplicationResponse(status: .forbidden, text: "No session\n")
      }
      return view(stored)
    }
    routes.post("/session") { request in
      guard var stored = session(of: request, sessions) else {
        return ApplicationResponse(status: .forbidden, text: "No session\n")
      }
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
    response.headerFields[.contentSecurityPolicy] = policy
    return ApplicationResponse(response, body: bytes)
  }
}
