import Foundation
import HTTPTypes
import SocketIOServer

/// The page of the chat, and the client library that it loads.
enum ChatPage {
  /// Where browsers find the client library if the chat was given none.
  private static let publishedClient = "https://cdn.socket.io/4.8.1/socket.io.min.js"
  private static let policy =
    "default-src 'self'; script-src 'self' https://cdn.socket.io; img-src 'self' blob:; connect-src 'self' ws: wss:"

  /// The routes of the page.
  ///
  /// - Parameter client: the path of the client library, a file `socket.io.min.js` of version 4.
  static func routes(client: String?) throws -> HTTPRoutes {
    var routes = HTTPRoutes()
    for (path, file, type) in [
      ("/", "index.html", "text/html"), ("/chat.css", "chat.css", "text/css"), ("/chat.js", "chat.js", "text/javascript"),
    ] {
      guard let url = Bundle.module.url(forResource: file, withExtension: nil, subdirectory: "Resources") else {
        throw MissingFile(name: file)
      }
      add(path, [UInt8](try Data(contentsOf: url)), type, to: &routes)
    }
    if let client {
      add("/client.js", [UInt8](try Data(contentsOf: URL(fileURLWithPath: client))), "text/javascript", to: &routes)
    } else {
      routes.get("/client.js") { _ in
        var response = HTTPResponse(status: .found)
        response.headerFields[.location] = publishedClient
        return ApplicationResponse(response)
      }
    }
    return routes
  }

  private static func add(_ path: String, _ content: [UInt8], _ type: String, to routes: inout HTTPRoutes) {
    routes.get(path) { _ in
      var response = HTTPResponse(status: .ok)
      response.headerFields[.contentType] = "\(type); charset=utf-8"
      response.headerFields[.cacheControl] = "no-cache"
      response.headerFields[.contentSecurityPolicy] = policy
      return ApplicationResponse(response, body: content)
    }
  }

  /// A file of the program is not where it was built.
  struct MissingFile: Error, CustomStringConvertible {
    let name: String
    var description: String { "the file \(name) of the chat is missing: run it from where it was built" }
  }
}
