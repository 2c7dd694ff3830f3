import ArgumentParser
import CCompareModes

/// A program that answers the load as a server would, and does nothing else: what the kernel takes.
struct FloorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "floor", shouldDisplay: false)

  @Argument var port: Int

  func run() throws {
    _ = raiseOpenFiles()
    throw ScenarioError("the floor cannot be run on port \(port): errno \(compare_modes_floor(Int32(port)))")
  }
}
