import AsyncModeSelection
import AsyncModeTesting
import AsyncModes
import Testing

/// A runtime from outside of the package can prove itself, and be chosen by its name.
@Suite(.serialized)
struct OutsideModeTests {
  @Test(arguments: AsyncModeConformance.checks)
  func conforms(_ check: AsyncModeConformance.Check) async throws {
    try await check.run { try PollMode(configuration: ModeConfiguration(executorCount: 2)) }
  }

  @Test
  func isChosenByItsName() async throws {
    let registry = AsyncModeRegistry(AsyncModeRegistry.builtIn)
    registry.register(PollMode.self)
    #expect(registry.entries.map(\.name) == ["libuv", "structured", "threads", "poll"])
    let selection = try AsyncModeSelection.select(
      "poll", configuration: ModeConfiguration(executorCount: 1), registry: registry)
    #expect(selection.name == "poll" && selection.mode is PollMode)
    _ = await selection.mode.shutdown(within: .seconds(5))
  }

  @Test
  func aWorkerForEachPieceOfWorkThatBlocksAndNoMoreThanAllowed() async throws {
    let mode = try PollMode(configuration: ModeConfiguration(executorCount: 1, maxWorkerThreads: 4, maxQueuedWork: 2))
    let started = Counter()
    let gate = Gate()
    let work: @Sendable () -> Void = {
      started.increment()
      gate.wait()
    }
    for _ in 0..<4 {
      // Each one is running before the next comes, so none has to wait for a thread.
      let before = started.value
      try mode.workers.submit(work)
      while started.value == before { try await Task.sleep(for: .milliseconds(1)) }
    }
    for _ in 0..<2 { try mode.workers.submit(work) }
    #expect(mode.workers.queuedCount == 2 && mode.workers.threadCount == 4)
    #expect { try mode.workers.submit(work) } throws: { ($0 as? AsyncModeError)?.code == .overloaded }
    #expect(mode.workers.refusedCount == 1)
    gate.open()
    while started.value < 6 { try await Task.sleep(for: .milliseconds(1)) }
    let failure = Task { try await mode.runBlocking { throw AsyncModeError(.closed, "from the work") } }
    await #expect(throws: AsyncModeError(.closed, "from the work")) { try await failure.value }
    _ = await mode.shutdown(within: .seconds(5))
  }
}
