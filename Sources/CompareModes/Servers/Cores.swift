import CCompareModes

/// Which cores the server and the load run on, so that neither takes the time of the other.
struct Cores: Sendable {
  /// The cores of the server under test; empty if it may run anywhere.
  let server: [Int32]
  /// The cores of the load; empty if it may run anywhere.
  let load: [Int32]

  /// Shares the cores out: as many as it has executors for the server, as far as there are that many, and one for the
  /// load. With one core, or if nothing shall be pinned, both may run anywhere.
  init(executors: Int, isPinned: Bool) {
    let all = Self.available
    guard isPinned, all.count >= 2 else {
      server = []
      load = []
      return
    }
    server = Array(all.prefix(min(executors, all.count - 1)))
    load = [all[all.count - 1]]
  }

  /// The cores that this process may run on.
  static var available: [Int32] {
    var cores = [Int32](repeating: 0, count: 1024)
    let count = compare_modes_cores(&cores, Int32(cores.count))
    return Array(cores.prefix(Int(min(count, Int32(cores.count)))))
  }

  /// Runs a closure on some cores; threads and processes that it starts stay on them.
  static func on<Result>(_ cores: [Int32], _ body: () throws -> Result) rethrows -> Result {
    guard !cores.isEmpty else { return try body() }
    let before = available
    _ = compare_modes_pin(cores, Int32(cores.count))
    defer { _ = compare_modes_pin(before, Int32(before.count)) }
    return try body()
  }

  /// What a reader should know.
  var description: String {
    guard !server.isEmpty else { return "not pinned" }
    func list(_ cores: [Int32]) -> String { cores.map(String.init).joined(separator: ", ") }
    return "server on core \(list(server)), load on core \(list(load))"
  }
}
