public import AsyncModes
internal import Libuv
internal import StructuredConcurrency
internal import Synchronization
internal import ThreadPool

/// The modes that can be chosen by name, in the order in which automatic selection tries them.
public final class AsyncModeRegistry: Sendable {
  /// A mode that can be chosen.
  public struct Entry: Sendable {
    /// The name it is chosen by.
    public let name: String
    /// Answers whether it can run here.
    public let probe: @Sendable () -> ModeAvailability
    /// Creates it.
    public let make: @Sendable (ModeConfiguration) throws(AsyncModeError) -> any AsyncMode

    /// Creates an entry.
    public init(
      name: String, probe: @escaping @Sendable () -> ModeAvailability,
      make: @escaping @Sendable (ModeConfiguration) throws(AsyncModeError) -> any AsyncMode
    ) {
      self.name = name
      self.probe = probe
      self.make = make
    }

    /// Creates an entry of a type.
    public init<Mode: AsyncMode>(_ type: Mode.Type) {
      self.init(name: type.name, probe: { type.probe() }) { configuration throws(AsyncModeError) in
        try type.init(configuration: configuration)
      }
    }
  }

  private let registered: Mutex<[Entry]>

  /// The registry that programs use.
  public static let shared = AsyncModeRegistry(builtIn)

  /// Creates a registry of its own, as tests do.
  public init(_ entries: [Entry]) { registered = Mutex(entries) }

  /// The modes of this package.
  public static var builtIn: [Entry] {
    var entries: [Entry] = []
    #if Libuv
      entries.append(Entry(LibuvMode.self))
    #else
      let unusable = ModeAvailability.unusable(
        reason: "this program was built without libuv", remedy: "build it with the package trait Libuv")
      entries.append(
        Entry(name: "libuv", probe: { unusable }) { _ throws(AsyncModeError) in
          throw AsyncModeError(
            .unavailable, "this program was built without libuv; build it with the package trait Libuv")
        })
    #endif
    return entries + [Entry(StructuredConcurrencyMode.self), Entry(ThreadPoolMode.self)]
  }

  /// The modes, in the order in which they are tried.
  public var entries: [Entry] { registered.withLock { $0 } }

  /// Adds a mode behind those that are there, or replaces the one of the same name.
  public func register(_ entry: Entry) {
    registered.withLock { entries in
      if let index = entries.firstIndex(where: { $0.name == entry.name }) {
        entries[index] = entry
      } else {
        entries.append(entry)
      }
    }
  }

  /// Adds a type behind those that are there.
  public func register<Mode: AsyncMode>(_ type: Mode.Type) { register(Entry(type)) }
}
