#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What files looked like at a moment.
struct FileSnapshot: Equatable {
  private struct Mark: Equatable {
    let seconds: Int
    let nanoseconds: Int
    let size: Int
    let node: UInt
  }
  private var marks: [String: Mark] = [:]
  private let limit: Int

  /// - Parameter limit: how many files are looked at at most.
  /// - Throws: ``SocketIOError`` with the code `invalidOption` if one of `paths` is not there, or there are too many
  ///   files.
  init(of paths: [String], limit: Int) throws {
    self.limit = limit
    for path in paths {
      guard try add(path) else {
        throw SocketIOError(.invalidOption, "reloading: there is no file or directory \"\(path)\" to watch")
      }
    }
  }

  /// The snapshot of one file, or `nil` while it is not there.
  init?(file: String) {
    limit = 1
    guard (try? add(file)) == true else { return nil }
  }

  private mutating func add(_ path: String) throws -> Bool {
    var status = stat()
    guard stat(path, &status) == 0 else { return false }
    if status.st_mode & S_IFMT == S_IFDIR {
      for name in Self.names(in: path) { _ = try add(path + "/" + name) }
      return true
    }
    guard status.st_mode & S_IFMT == S_IFREG else { return true }
    marks[path] = Mark(
      seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec, size: Int(status.st_size),
      node: UInt(status.st_ino))
    guard marks.count <= limit else {
      throw SocketIOError(.invalidOption, "reloading.maxFiles is \(limit), but there are more files to watch")
    }
    return true
  }

  private static func names(in directory: String) -> [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      // Links to directories could lead in a circle.
      if name.first != ".", entry.pointee.d_type != UInt8(DT_LNK) { names.append(name) }
    }
    return names
  }

  /// A file in which this differs from another snapshot.
  func difference(from other: FileSnapshot) -> String? {
    marks.first { other.marks[$0.key] != $0.value }?.key ?? other.marks.first { marks[$0.key] == nil }?.key
  }
}
