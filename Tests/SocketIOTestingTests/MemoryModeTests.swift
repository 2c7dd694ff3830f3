import AsyncModeTesting
import AsyncModes
import SocketIOTesting
import Testing

/// The runtime in memory does what every runtime does.
@Suite(.serialized)
struct MemoryModeTests {
  /// Checks in which the other side is a socket of the system.
  static let needSockets: Set<String> = [
    "nobody answers: the attempt ends in time, or when its task is cancelled",
    "a port that is taken is an error",
    "a peer that takes nothing does not hold the end up",
    "nobody waits for ever for a runtime that has ended",
    "the options of sockets are applied",
  ]

  static let checks = AsyncModeConformance.checks.filter { !needSockets.contains($0.name) }

  @Test(arguments: checks)
  func conforms(_ check: AsyncModeConformance.Check) async throws {
    try await check.run { try MemoryMode(clock: .running) }
  }

  @Test
  func everyExceptionStillExists() {
    #expect(Self.checks.count == AsyncModeConformance.checks.count - Self.needSockets.count)
  }

  @Test
  func wrongOptionsAreNamed() {
    #expect { try MemoryMode(executors: 0) } throws: { "\($0)".contains("executorCount is 0") }
    #expect { try MemoryMode(network: MemoryNetwork(chunkBytes: 0)) } throws: {
      "\($0)".contains("network.chunkBytes is 0")
    }
  }
}
