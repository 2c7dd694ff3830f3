public import AsyncModes
internal import Logging

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Which runtime a program wants.
public enum AsyncModeChoice: Sendable, Hashable, ExpressibleByStringLiteral {
  /// The best one that can run here; `ASYNC_MODE` in the environment overrides it.
  case auto
  /// The one with this name.
  case named(String)

  /// The event loops of libuv.
  public static let libuv = AsyncModeChoice.named("libuv")
  /// Swift's structured concurrency.
  public static let structured = AsyncModeChoice.named("structured")
  /// A pool of threads.
  public static let threads = AsyncModeChoice.named("threads")

  /// Reads a choice as users write it.
  public init(_ text: String) { self = text == "auto" ? .auto : .named(text) }

  /// Reads a choice as users write it.
  public init(stringLiteral value: String) { self.init(value) }
}

/// A runtime that was chosen, and why.
public struct AsyncModeSelection: Sendable {
  /// A runtime that was passed over.
  public struct PassedOver: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// Why it cannot run here.
    public let reason: String

    /// Creates a note of a runtime that was passed over.
    public init(name: String, reason: String) {
      self.name = name
      self.reason = reason
    }
  }
  /// The runtime, started.
  public let mode: any AsyncMode
  /// Its name.
  public let name: String
  /// What was chosen and why.
  public let reason: String
  /// What was passed over.
  public let passedOver: [PassedOver]

  /// Chooses and starts a runtime, and logs the choice.
  ///
  /// - Parameters:
  ///   - choice: what the program wants.
  ///   - configuration: what the runtime is started with.
  ///   - registry: the runtimes there are.
  ///   - environment: looks a variable of the environment up.
  /// - Throws: `AsyncModeError` with the code `invalidOption` for a name that nobody has, or `unavailable` with what to
  ///   install if the runtime that was asked for cannot run here.
  public static func select(
    _ choice: AsyncModeChoice = .auto, configuration: ModeConfiguration = ModeConfiguration(),
    registry: AsyncModeRegistry = .shared,
    environment: (String) -> String? = AsyncModeSelection.environment
  ) throws(AsyncModeError) -> AsyncModeSelection {
    var wanted = choice
    var source = "it was asked for"
    if choice == .auto, let value = environment("ASYNC_MODE"), !value.isEmpty {
      wanted = AsyncModeChoice(value)
      source = "ASYNC_MODE asks for it"
    }
    let selection =
      switch wanted {
      case .named(let name): try named(name, source, configuration, registry)
      case .auto: try automatic(configuration, registry)
      }
    var metadata: Logger.Metadata = ["mode": "\(selection.name)"]
    for passed in selection.passedOver { metadata[passed.name] = "\(passed.reason)" }
    configuration.logger.info("\(selection.reason)", metadata: metadata)
    return selection
  }

  /// Looks a variable of the process's environment up.
  public static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  private static func named(
    _ name: String, _ source: String, _ configuration: ModeConfiguration, _ registry: AsyncModeRegistry
  ) throws(AsyncModeError) -> AsyncModeSelection {
    guard let entry = registry.entries.first(where: { $0.name == name }) else {
      let known = (["auto"] + registry.entries.map { $0.name }).joined(separator: ", ")
      throw AsyncModeError(.invalidOption, "there is no async mode \"\(name)\" (\(source)); choose one of \(known)")
    }
    switch entry.probe() {
    case .unusable(let reason, let remedy):
      throw AsyncModeError(.unavailable, "the async mode \(name) cannot be used: \(reason); \(remedy)")
    case .usable(let what):
      return AsyncModeSelection(
        mode: try entry.make(configuration), name: name, reason: "async mode \(name) (\(what)), because \(source)",
        passedOver: [])
    }
  }

  private static func automatic(
    _ configuration: ModeConfiguration, _ registry: AsyncModeRegistry
  ) throws(AsyncModeError) -> AsyncModeSelection {
    var passedOver: [PassedOver] = []
    for entry in registry.entries {
      switch entry.probe() {
      case .unusable(let reason, _): passedOver.append(PassedOver(name: entry.name, reason: reason))
      case .usable(let what):
        let mode: any AsyncMode
        do throws(AsyncModeError) {
          mode = try entry.make(configuration)
        } catch {
          // Only a runtime that cannot be started is passed over; a wrong option is the program's fault.
          guard error.code == .unavailable else { throw error }
          passedOver.append(PassedOver(name: entry.name, reason: error.message))
          continue
        }
        let others = passedOver.map { "; \($0.name) was passed over: \($0.reason)" }.joined()
        return AsyncModeSelection(
          mode: mode, name: entry.name,
          reason: "async mode \(entry.name) (\(what)), the best that can be used\(others)",
          passedOver: passedOver)
      }
    }
    let reasons = passedOver.map { "\($0.name): \($0.reason)" }.joined(separator: "; ")
    throw AsyncModeError(.unavailable, "no async mode can be used: \(reasons)")
  }
}
