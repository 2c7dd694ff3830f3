internal import HTTPTypes

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The files of the official JavaScript client, below the path of the server: `/socket.io/socket.io.js` and, if the user
/// has them, the minified and module forms with their maps, as Node's server offers them.
struct ClientFiles: HTTPApplication {
  private let folder: FileFolder
  /// The name of the file in the folder, by the name that it is asked for by; `nil` if they are the same.
  private let alias: [String: String]?
  private let path: String

  /// - Parameters:
  ///   - files: the folder `dist` of the package `socket.io-client`, or one file, which is served as `socket.io.js`.
  ///   - path: the path of the server.
  init(_ files: String, path: String) throws {
    self.path = path
    var status = stat()
    guard stat(files, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      alias = nil
      folder = try FileFolder(files, option: "clientFiles")
      guard case .file = folder.entry(at: ["socket.io.js"]) else {
        throw SocketIOError(.invalidOption, "clientFiles is \"\(files)\", but there is no file socket.io.js in it")
      }
      return
    }
    guard let resolved = realpath(files, nil) else {
      throw SocketIOError(.invalidOption, "clientFiles is \"\(files)\", which cannot be read")
    }
    defer { free(resolved) }
    let real = String(cString: resolved)
    let slash = real.lastIndex(of: "/") ?? real.startIndex
    let name = String(real[real.index(after: slash)...])
    alias = ["socket.io.js": name]
    folder = try FileFolder(slash == real.startIndex ? "/" : String(real[..<slash]), option: "clientFiles")
    guard case .file = folder.entry(at: [name]) else {
      throw SocketIOError(.invalidOption, "clientFiles is \"\(files)\", which cannot be read")
    }
  }

  func respond(to request: ApplicationRequest) async throws -> ApplicationResponse {
    let asked = String(request.path.dropFirst(path.count))
    guard Self.isClientFile(asked), let name = alias.map({ $0[asked] }) ?? asked else { return StaticFiles.notFound }
    guard request.request.method == .get || request.request.method == .head else { return StaticFiles.methodNotAllowed }
    return try await request.runBlocking {
      guard case .file(let file) = folder.entry(at: [name]) else { return StaticFiles.notFound }
      let type = MediaTypes.type(of: asked, [:])
      return try FileAnswer(contentType: type, cacheControl: "public, max-age=0").response(to: request, file)
    }
  }

  /// `socket.io`, then `.msgpack` or `.esm`, then `.min`, then `.js`, then `.map`: all but the first and `.js` may be
  /// missing.
  static func isClientFile(_ name: String) -> Bool {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)[...]
    guard parts.count >= 3, parts.removeFirst() == "socket", parts.removeFirst() == "io" else { return false }
    if parts.first == "msgpack" || parts.first == "esm" { parts.removeFirst() }
    if parts.first == "min" { parts.removeFirst() }
    return parts == ["js"] || parts == ["js", "map"]
  }
}
