import ArgumentParser

/// Runs the same work on every runtime that can be used here, and on other servers, and reports what came out.
@main
struct CompareModes: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare-modes",
    abstract: "Measures the runtimes of this package, and other Socket.IO servers, side by side.",
    subcommands: [RunCommand.self, ServeCommand.self, MeasureCommand.self, FloorCommand.self],
    defaultSubcommand: RunCommand.self)
}
