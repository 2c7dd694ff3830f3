/// Starts the program anew when its sources change: for development.
///
/// ```swift
/// try await io.run(port: 5000, reloading: Reloading(watching: ["Sources"], build: ["swift", "build"]))
/// ```
/// The program's own file is always watched: whoever builds it elsewhere, in an editor or a second terminal, needs to
/// name nothing. If a build fails the running program goes on, and the build says why.
public struct Reloading: Sendable {
  /// Files and directories; of a directory everything in it counts, but for what is hidden.
  public var watching: [String]
  /// The command that builds the program when something of ``watching`` has changed, such as `swift build`; without one
  /// the program is started anew as it is, for files that it reads when it starts.
  public var build: [String]
  /// How often is looked for changes. Default: 500 ms.
  public var interval: Duration = .milliseconds(500)
  /// How many files are watched at most; with more, running is an error. Default: 20,000.
  public var maxFiles = 20_000

  /// Creates options.
  public init(watching: [String] = [], build: [String] = []) {
    self.watching = watching
    self.build = build
  }

  /// Checks the values.
  ///
  /// - Throws: ``SocketIOError`` with the code `invalidOption`, naming the option and its value.
  public func validate() throws {
    guard interval >= .milliseconds(10) else {
      throw SocketIOError(.invalidOption, "reloading.interval is \(interval), but must be at least 10 ms")
    }
    guard maxFiles > 0 else {
      throw SocketIOError(.invalidOption, "reloading.maxFiles is \(maxFiles), but must be positive")
    }
  }
}
