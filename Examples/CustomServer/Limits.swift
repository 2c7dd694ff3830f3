import ArgumentParser

/// What strangers may make the server hold or do: every limit has a name and a default.
struct Limits: ParsableArguments, Sendable {
  @Option(help: "The most people at a time.") var maxGuests = 10_000
  @Option(help: "The longest line, in bytes.") var maxLine = 512
  @Option(help: "The most lines a second from one person; then the server reads no more of them for a while.")
  var maxRate = 20
  @Option(help: "Bytes that may wait for somebody who does not read; with more the connection is ended.")
  var maxWaiting = 64 << 10
  @Option(help: "Seconds of silence after which somebody is shown out.") var idleTimeout = 600

  func validate() throws {
    for (name, value) in [
      ("--max-guests", maxGuests), ("--max-line", maxLine), ("--max-rate", maxRate), ("--max-waiting", maxWaiting),
      ("--idle-timeout", idleTimeout),
    ] where value < 1 {
      throw ValidationError("\(name) is \(value), but must be positive")
    }
  }
}
