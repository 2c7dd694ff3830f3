internal import AsyncModes
internal import Logging
internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Watches files on a thread of its own, builds, and takes the place of the process by a fresh one.
final class Reloader: Sendable {
  private let options: Reloading
  private let logger: Logger
  /// Where the program lies; asked for before a build puts another in its place.
  private let program: String
  private let start: FileSnapshot
  private let startProgram: FileSnapshot?
  private let isEnded = Atomic(false)
  private let hasChanged = Atomic(false)

  init(_ options: Reloading, logger: Logger) throws {
    try options.validate()
    self.options = options
    self.logger = logger
    var path = [UInt8](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &path, path.count)
    guard count > 0, count < path.count else {
      throw SocketIOError(.invalidOption, "reloading: the system does not say where the program lies")
    }
    program = String(decoding: path[..<count], as: UTF8.self)
    start = try FileSnapshot(of: options.watching, limit: options.maxFiles)
    startProgram = FileSnapshot(file: program)
  }

  /// Begins to watch; `changed` is called once, on another thread, when the program is to be started anew.
  func watch(_ changed: @escaping @Sendable () -> Void) {
    logger.notice("watching \(program) and \(options.watching) for changes")
    startThread(name: "reloader") { [self] in
      var known = start
      var program = startProgram
      while !isEnded.load(ordering: .relaxed) {
        usleep(UInt32(clamping: options.interval.clampedNanoseconds / 1000))
        if let difference = change(from: &known) {
          logger.notice("\(difference) has changed")
          guard options.build.isEmpty || build() else { continue }
          return finish(changed)
        }
        let now = FileSnapshot(file: self.program)
        defer { program = now }
        // A linker may still be writing: the file must look the same twice.
        if let now, now == program, now != startProgram {
          logger.notice("\(self.program) has changed")
          return finish(changed)
        }
      }
    }
  }

  private func finish(_ changed: () -> Void) {
    hasChanged.store(true, ordering: .releasing)
    changed()
  }

  /// Waits until what has changed stays as it is, so that a build does not begin in the middle of a checkout.
  private func change(from known: inout FileSnapshot) -> String? {
    guard var now = snapshot(), let difference = now.difference(from: known) else { return nil }
    while !isEnded.load(ordering: .relaxed) {
      usleep(UInt32(clamping: options.interval.clampedNanoseconds / 2000))
      guard let later = snapshot() else { return nil }
      if later == now { break }
      now = later
    }
    known = now
    return difference
  }

  /// While files are being replaced a watched one may be missing for a moment; then it is looked for again.
  private func snapshot() -> FileSnapshot? { try? FileSnapshot(of: options.watching, limit: options.maxFiles) }

  private func build() -> Bool {
    var arguments: [UnsafeMutablePointer<CChar>?] = options.build.map { strdup($0) }
    defer { for argument in arguments { free(argument) } }
    arguments.append(nil)
    var child: pid_t = 0
    guard let name = arguments[0], posix_spawnp(&child, name, nil, nil, arguments, environ) == 0 else {
      logger.error("\(options.build[0]) cannot be started; the program goes on as it is")
      return false
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else {
      logger.error("the build failed; the program goes on as it is")
      return false
    }
    return true
  }

  /// Ends watching. If something had changed, a fresh program takes the place of this process, and this does not return.
  ///
  /// - Throws: `AsyncModeError` with the code `unavailable` if that cannot be done.
  func end() throws {
    isEnded.store(true, ordering: .relaxed)
    guard hasChanged.load(ordering: .acquiring) else { return }
    logger.notice("starting \(program) anew")
    fflush(nil)
    execv(program, CommandLine.unsafeArgv)
    let error = SystemError(errno)
    throw AsyncModeError(
      .unavailable, "\(program) cannot be started anew: \(SystemSocket.message(error)); start it by hand",
      errorNumber: error.number)
  }
}
