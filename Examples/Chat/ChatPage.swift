import Foundation
import HTTPTypes
import SocketIOServer

/// The page of the chat, and the client library that it loads.
enum ChatPage {
  /// Where browsers find the client library if the chat was given none.
  private static let publishedClient = "https://cdn.socket.io/4.8.1/socket.io.min.js"
  private static let policy =
    "default-src 'self'; script-src 'self' https://cdn.socket.io; img-src 'self' blob:; connect-src 'self' ws: wss:"

  /// The files of the page, and the way to the client library.
  ///
  /// - Parameter hasClient: whether the server has the library itself.
  static func routes(hasClient: Bool) throws -> HTTPRoutes {
    var files = try StaticFiles(Bundle.module.bundlePath + "/Resources")
    files.fields[.contentSecurityPolicy] = policy
    var routes = HTTPRoutes(fallback: files)
    routes.get("/client.js") { _ in
      var response = HTTPResponse(status: .found)
      response.headerFields[.location] = hasClient ? "/socket.io/socket.io.js" : publishedClient
      return ApplicationResponse(response)
    }
    return routes
  }
}
