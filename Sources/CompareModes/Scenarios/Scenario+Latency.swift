extension Scenario {
  /// How long things take.
  static let latency: [Scenario] = [
    Scenario(
      id: "half-load", title: "Latency at half load", unit: "µs (p99)", isHigherBetter: false,
      summary: """
        Events come at a fixed rate, half of what the server could do a moment before, whether or not it keeps up; \
        time counts from when an event was due.
        """, shownDetail: "p50 us", drawsDistribution: true
    ) { contender, settings, load in
      try await withServer(contender, settings, load) { server in
        let clients = settings.clients(64, quick: 8)
        let saturation = try await with(EchoCrowd(load)) { crowd in
          try await crowd.connect(clients, to: server.port)
          return try await crowd.count(seconds: settings.seconds / 2, against: server).rate
        }
        let crowd = PacedCrowd(load, rate: saturation / 2)
        return try await with(crowd) { crowd in
          try await crowd.connect(clients, to: server.port)
          let result = try await crowd.count(seconds: settings.seconds, against: server)
          var details = result.details
          details["rate events/s"] = result.rate
          return Measurement(result.latency.microseconds(at: 0.99), details, quantiles: result.latency.quantiles)
        }
      }
    },
    Scenario(
      id: "blocking", title: "Beside blocked handlers", unit: "µs (p99)", isHigherBetter: false,
      summary: """
        50 clients keep handlers busy that block for 10 ms each; 500 quick events a second come beside them. In \
        runtimes whose handlers must not block they hand the work to runBlocking.
        """, shownDetail: "p50 us", drawsDistribution: true,
      needs: .runtime("other servers have no event that blocks for 10 ms")
    ) { contender, settings, load in
      try await withServer(contender, settings, load) { server in
        try await with(EchoCrowd(load, event: "block")) { blocked in
          try await blocked.connect(settings.clients(50, quick: 10), to: server.port)
          return try await with(PacedCrowd(load, rate: 500)) { quick in
            try await quick.connect(8, to: server.port)
            async let blockedResult = blocked.count(seconds: settings.seconds, against: server)
            let result = try await quick.count(seconds: settings.seconds, against: server)
            var details = result.details
            details["blocked handlers/s"] = try await blockedResult.rate
            return Measurement(result.latency.microseconds(at: 0.99), details, quantiles: result.latency.quantiles)
          }
        }
      }
    },
    Scenario(
      id: "sleep", title: "Accuracy of sleep", unit: "µs late (p50)", isHigherBetter: false,
      summary: "50 tasks sleep for 1 to 20 ms again and again; how much longer each sleep lasts than it should.",
      shownDetail: "p99 us", drawsDistribution: true,
      needs: .runtime("sleeping is a service of the runtime, not of a server")
    ) { contender, settings, _ in
      let result = try RunningServer.measure("sleep", contender, settings)
      return Measurement(
        result["p50", default: 0],
        [
          "p90 us": result["p90", default: 0], "p99 us": result["p99", default: 0], "max us": result["max", default: 0],
          "sleeps": result["sleeps", default: 0],
        ],
        quantiles: result.filter { Double($0.key) != nil })
    },
    Scenario(
      id: "task", title: "Background task", unit: "µs", isHigherBetter: false,
      summary: "Starting a background task that returns at once, and joining it.",
      needs: .runtime("background tasks are a service of the runtime, not of a server")
    ) { contender, settings, _ in
      let result = try RunningServer.measure("task", contender, settings)
      return Measurement(result["us", default: 0], ["tasks": result["tasks", default: 0]])
    },
  ]
}
