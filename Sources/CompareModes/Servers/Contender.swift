/// Somebody who takes part.
struct Contender: Sendable {
  enum Kind: Sendable {
    /// A runtime of this package, by its name.
    case mode(String)
    /// A server that is started by a command line with `{port}` in it.
    case command(String)
  }
  /// The name of the program that answers as a server would and does nothing else.
  static let floorName = "floor"
  /// The name in tables and charts.
  let name: String
  let kind: Kind
  /// What it is, such as `libuv 1.44.2`.
  let what: String
  /// Its executors; of another server how many processors it may use.
  let executors: Int

  var isMode: Bool { if case .mode = kind { true } else { false } }
}
