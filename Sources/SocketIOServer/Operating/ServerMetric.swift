/// One figure of a server.
public struct ServerMetric: Sendable, Hashable {
  /// What the figure is.
  public enum Value: Sendable, Hashable {
    /// It goes up and down.
    case gauge(Int)
    /// It only grows, from the start of the server on.
    case counter(Int)
    /// How often something took how long.
    case histogram(LatencyHistogram)
  }

  /// The name, such as `socketio_sessions`; without the suffixes that Prometheus wants.
  public let name: String
  /// What it says.
  public let help: String
  /// What distinguishes it from others of its name.
  public let labels: [Label]
  /// The figure.
  public let value: Value

  /// A name and a value.
  public struct Label: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The value.
    public let value: String
  }

  static func gauge(_ name: String, _ help: String, _ value: Int, _ labels: [(String, String)] = []) -> ServerMetric {
    ServerMetric(name, help, .gauge(value), labels)
  }

  static func counter(_ name: String, _ help: String, _ value: Int) -> ServerMetric {
    ServerMetric(name, help, .counter(value), [])
  }

  init(_ name: String, _ help: String, _ value: Value, _ labels: [(String, String)]) {
    self.init(name: name, help: help, labels: labels.map { Label(name: $0.0, value: $0.1) }, value: value)
  }

  /// Creates a figure.
  public init(name: String, help: String, labels: [Label], value: Value) {
    self.name = name
    self.help = help
    self.labels = labels
    self.value = value
  }
}

/// How often something took how long, in steps.
public struct LatencyHistogram: Sendable, Hashable {
  /// The upper ends of the steps, in microseconds; what took longer is in none of them.
  public static let steps = [100, 500, 1000, 5000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 5_000_000]

  /// How often each step was the first that was not exceeded.
  public private(set) var counts = [Int](repeating: 0, count: steps.count)
  /// How often it was measured.
  public private(set) var count = 0
  /// All of it, in microseconds.
  public private(set) var sum = 0

  init() {}

  mutating func record(microseconds: Int) {
    count += 1
    sum += microseconds
    if let step = Self.steps.firstIndex(where: { microseconds <= $0 }) { counts[step] += 1 }
  }
}
