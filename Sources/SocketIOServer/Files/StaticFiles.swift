internal import AsyncModes
public import HTTPTypes

/// The files of a folder, for GET and HEAD requests.
///
/// ```swift
/// let io = try SocketIO(app: try StaticFiles("Public"), asyncMode: .auto)
/// ```
/// Beside routes it is what answers for paths without one: `HTTPRoutes(fallback: try StaticFiles("Public"))`.
///
/// Answers have the type by the file's extension, an entity tag and the date of the last change. Conditions (RFC 9110,
/// section 13) and a single range (section 14) are honoured. Large files are read as the client takes them.
///
/// Nothing outside of the folder is ever served: names are looked up one below the other, `..` is refused however it is
/// escaped, and symbolic links within the folder are not followed, wherever they lead. Files and folders whose name begins
/// with a dot are not served.
public struct StaticFiles: HTTPApplication {
  /// What is taken off the path of a request before its file is looked up; other paths get 404. Default: `/`.
  public let prefix: String
  /// The file that is served for a folder; `nil` serves nothing for folders. Default: `index.html`.
  public var index: String? = "index.html"
  /// The field `Cache-Control` of answers, such as `public, max-age=3600`. Default: `no-cache`: a client may keep a file,
  /// but asks each time whether it is still the same.
  public var cacheControl: String? = "no-cache"
  /// Further header fields of answers with a file, such as `Content-Security-Policy`.
  public var fields = HTTPFields()
  /// Media types by extension, in lower case and without the dot, beside and before those that are known anyhow. A file
  /// with another extension is `application/octet-stream`.
  public var types: [String: String] = [:]
  private let folder: FileFolder

  /// Serves a folder.
  ///
  /// - Parameters:
  ///   - path: the folder, looked up from the current directory. It may be a symbolic link.
  ///   - prefix: where the folder lies among the paths of the server; begins and ends with a slash. Default: `/`.
  /// - Throws: ``SocketIOError`` with the code `invalidOption` if there is no such folder.
  public init(_ path: String, at prefix: String = "/") throws {
    guard prefix.hasPrefix("/"), prefix.hasSuffix("/") else {
      throw SocketIOError(.invalidOption, "the prefix is \"\(prefix)\", but must begin and end with a slash")
    }
    folder = try FileFolder(path, option: "the folder of static files")
    self.prefix = prefix
  }

  /// Answers with the file that lies at the path of the request.
  public func respond(to request: ApplicationRequest) async throws -> ApplicationResponse {
    let path = request.path
    guard path.hasPrefix(prefix) else { return Self.notFound }
    guard let names = Self.names(in: path.dropFirst(prefix.count)) else { return Self.notFound }
    guard request.request.method == .get || request.request.method == .head else { return Self.methodNotAllowed }
    return try await request.runBlocking { try answer(request, names, isFolder: path.hasSuffix("/")) }
  }

  private func answer(_ request: ApplicationRequest, _ names: [String], isFolder: Bool) throws -> ApplicationResponse {
    var names = names
    if isFolder {
      guard let index else { return Self.notFound }
      names.append(index)
    }
    switch folder.entry(at: names) {
    case .file(let file):
      let type = MediaTypes.type(of: names.last ?? "", types)
      return try FileAnswer(contentType: type, cacheControl: cacheControl, fields: fields).response(to: request, file)
    case .folder:
      guard index != nil, !isFolder else { return Self.notFound }
      // The links of the page are relative to the folder. The path has no empty names, so it names no other host.
      let path = request.request.path ?? "/"
      let end = path.firstIndex(of: "?") ?? path.endIndex
      var answer = ApplicationResponse(status: .movedPermanently, text: "The folder is at \(path[..<end])/\n")
      answer.response.headerFields[.location] = path[..<end] + "/" + path[end...]
      return answer
    case .nothing: return Self.notFound
    case .failed(let number): throw FileReadError(errorNumber: number)
    }
  }

  /// The names in a path, with their escapes resolved; `nil` if one of them can be no file that is served.
  static func names(in path: Substring) -> [String]? {
    var names: [String] = []
    guard !path.isEmpty else { return names }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      // Behind the last slash there is nothing: the folder itself is meant.
      if part.isEmpty, index == parts.count - 1 { break }
      guard let bytes = part.utf8.percentDecoded, !bytes.isEmpty, bytes[0] != UInt8(ascii: ".") else { return nil }
      guard !bytes.contains(0), !bytes.contains(UInt8(ascii: "/")), let name = String(validating: bytes, as: UTF8.self)
      else { return nil }
      names.append(name)
    }
    return names
  }

  static let notFound = ApplicationResponse(status: .notFound, text: "Not found\n")
  static let methodNotAllowed: ApplicationResponse = {
    var answer = ApplicationResponse(status: .methodNotAllowed, text: "Method not allowed\n")
    answer.response.headerFields[.allow] = "GET, HEAD"
    return answer
  }()
}

extension Substring.UTF8View {
  /// The bytes with their escapes resolved (RFC 3986, section 2.1); `nil` if one is incomplete.
  fileprivate var percentDecoded: [UInt8]? {
    func digit(_ byte: UInt8) -> UInt8? {
      switch byte {
      case 0x30...0x39: byte - 0x30
      case 0x41...0x46: byte - 0x37
      case 0x61...0x66: byte - 0x57
      default: nil
      }
    }
    var out: [UInt8] = []
    var rest = self
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        out.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else { return nil }
      out.append(high << 4 | low)
    }
    return out
  }
}
