import AsyncModeSelection
import AsyncModeTesting
import AsyncModes
import Foundation
import Testing

/// Every runtime of the package passes every check.
@Suite(.serialized)
struct ConformanceTests {
  static let cases = AsyncModeRegistry.builtIn.flatMap { entry in
    AsyncModeConformance.checks.map { (entry.name, $0) }
  }

  @Test(arguments: cases)
  func conforms(_ name: String, _ check: AsyncModeConformance.Check) async throws {
    let entry = try #require(AsyncModeRegistry.builtIn.first { $0.name == name })
    try await check.run { try entry.make(ModeConfiguration(executorCount: 2)) }
  }

  @Test(arguments: AsyncModeRegistry.builtIn.map(\.name))
  func leavesNoDescriptorAndNoThread(_ name: String) async throws {
    let entry = try #require(AsyncModeRegistry.builtIn.first { $0.name == name })
    func count(_ folder: String) -> Int { (try? FileManager.default.contentsOfDirectory(atPath: folder).count) ?? 0 }
    let check = try #require(AsyncModeConformance.checks.first)
    // The first run starts threads of the Swift runtime, which stay.
    try await check.run { try entry.make(ModeConfiguration(executorCount: 2)) }
    let descriptors = count("/proc/self/fd")
    let threads = count("/proc/self/task")
    for _ in 0..<20 { try await check.run { try entry.make(ModeConfiguration(executorCount: 2)) } }
    // Threads end a moment after they are told to, idle workers after 10 s, and other tests run beside this one: there
    // must be a moment in which nothing is left, which never comes if each of the twenty runs leaves something.
    let end = ContinuousClock.now + .seconds(180)
    while count("/proc/self/fd") > descriptors || count("/proc/self/task") > threads, ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(count("/proc/self/fd") <= descriptors)
    #expect(count("/proc/self/task") <= threads)
  }

  @Test
  func choosesInOrderAndSaysWhy() async throws {
    let refused = AsyncModeRegistry.Entry(
      name: "first", probe: { .unusable(reason: "it is a test", remedy: "run no test") }
    ) { _ throws(AsyncModeError) in throw AsyncModeError(.unavailable, "no") }
    let registry = AsyncModeRegistry([refused] + AsyncModeRegistry.builtIn.suffix(1))
    let configuration = ModeConfiguration(executorCount: 1)
    let automatic = try AsyncModeSelection.select(
      .auto, configuration: configuration, registry: registry, environment: { _ in nil })
    #expect(automatic.name == "threads")
    #expect(automatic.passedOver == [.init(name: "first", reason: "it is a test")])
    #expect(throws: AsyncModeError(.unavailable, "the async mode first cannot be used: it is a test; run no test")) {
      try AsyncModeSelection.select("first", configuration: configuration, registry: registry)
    }
    let asked = try AsyncModeSelection.select(
      .auto, configuration: configuration, registry: registry,
      environment: { $0 == "ASYNC_MODE" ? "threads" : nil })
    #expect(asked.passedOver.isEmpty && asked.reason.contains("ASYNC_MODE"))
    for selection in [automatic, asked] { _ = await selection.mode.shutdown(within: .seconds(5)) }
    #expect { try AsyncModeSelection.select("green", configuration: configuration, registry: registry) } throws: {
      ($0 as? AsyncModeError)?.code == .invalidOption
    }
  }

  @Test
  func wrongOptionsAreNamed() {
    #expect { try ModeConfiguration(executorCount: 0).validate() } throws: {
      "\($0)".contains("executorCount is 0")
    }
    #expect { try SocketAddress.ip("localhost", port: 1) } throws: { "\($0)".contains("\"localhost\"") }
  }
}
