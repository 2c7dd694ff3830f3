internal import AsyncModes

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A folder from which files are opened, and nothing outside of it.
///
/// Every step down is made from the descriptor of the folder above and follows no symbolic link, so that neither a path
/// nor a link, nor somebody who exchanges one for the other meanwhile, leads out.
final class FileFolder: Sendable {
  private let descriptor: Int32

  /// - Throws: ``SocketIOError`` with the code `invalidOption` if there is no such folder, or it may not be entered.
  init(_ path: String, option: String) throws {
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw SocketIOError(
        .invalidOption,
        "\(option) is \"\(path)\", but that is no folder that can be read: \(SystemSocket.message(SystemError(errno)))")
    }
  }

  deinit { close(descriptor) }

  /// What lies at a path.
  enum Entry {
    case file(OpenFile)
    case folder
    case nothing
    /// There is something, but it cannot be read now: with the `errno`.
    case failed(Int32)
  }

  /// Opens what lies at a path of names below the folder.
  func entry(at names: [String]) -> Entry {
    var current = descriptor
    defer { if current != descriptor { close(current) } }
    for (index, name) in names.enumerated() {
      let isLast = index == names.count - 1
      // A pipe would block whoever opens it, were it not for O_NONBLOCK.
      let flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (isLast ? 0 : O_DIRECTORY)
      let next = openat(current, name, flags)
      guard next >= 0 else {
        switch errno {
        case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EACCES, EPERM, ENXIO: return .nothing
        default: return .failed(errno)
        }
      }
      if current != descriptor { close(current) }
      current = next
    }
    var status = stat()
    guard fstat(current, &status) == 0 else { return .failed(errno) }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: return .folder
    case S_IFREG:
      defer { current = descriptor }
      return .file(OpenFile(current, status))
    default: return .nothing
    }
  }
}

/// A regular file that is open for reading.
final class OpenFile: Sendable {
  private let descriptor: Int32
  /// The length in bytes when it was opened.
  let size: Int
  /// When it was changed last, since 1970.
  let modified: (seconds: Int, nanoseconds: Int)
  private let node: UInt

  fileprivate init(_ descriptor: Int32, _ status: stat) {
    self.descriptor = descriptor
    size = Int(status.st_size)
    modified = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    node = UInt(status.st_ino)
  }

  deinit { close(descriptor) }

  /// A strong entity tag: another one once the file was changed or replaced.
  var tag: String {
    "\"\(String(size, radix: 36))-\(String(modified.seconds, radix: 36))"
      + "\(String(modified.nanoseconds, radix: 36))-\(String(node, radix: 36))\""
  }

  /// Reads a piece of the file.
  ///
  /// - Throws: ``FileReadError`` if that cannot be had, because the file has become shorter for instance.
  func read(_ range: Range<Int>) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      while count < range.count {
        let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
        let got = pread(descriptor, rest.baseAddress, rest.count, range.lowerBound + count)
        if got < 0, errno == EINTR { continue }
        guard got > 0 else { throw FileReadError(errorNumber: got == 0 ? nil : errno) }
        count += got
      }
    }
  }
}

/// A file could not be read to the end.
struct FileReadError: Error, CustomStringConvertible {
  let errorNumber: Int32?
  var description: String {
    guard let errorNumber else { return "it has become shorter meanwhile" }
    return "it cannot be read: \(SystemSocket.message(SystemError(errorNumber)))"
  }
}
