import AsyncModes

extension Scenario {
  /// What clients cost that do nothing.
  static let memory: [Scenario] = [
    Scenario(
      id: "idle", title: "Memory for an idle client", unit: "KiB", isHigherBetter: false,
      summary:
        "How much the server's resident memory grows while clients connect over WebSocket, divided by their number."
    ) { contender, settings, load in
      try await withServer(contender, settings, load) { server in
        // What a server loads for its first client is no cost of each client.
        try await with(Crowd(load)) { try await $0.connect(1, to: server.port) }
        let before = try server.residentBytes
        return try await with(Crowd(load)) { crowd in
          let clients = settings.clients(2000, quick: 200)
          try await crowd.connect(clients, to: server.port)
          try await load.mode.sleep(for: .seconds(min(1, settings.seconds)))
          let growth = try server.residentBytes - before
          guard growth > 0 else { throw ScenarioError("the memory of the server did not grow") }
          return Measurement(Double(growth) / 1024 / Double(clients), ["clients": Double(clients)])
        }
      }
    }
  ]

  /// All scenarios, in the order in which they are reported.
  static let all = throughput + memory + latency
}
