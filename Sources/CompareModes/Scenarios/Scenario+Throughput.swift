extension Scenario {
  /// How much a runtime or a server carries.
  static let throughput: [Scenario] = [
    Scenario(
      id: "tcp-echo", title: "TCP echo", unit: "messages/s", isHigherBetter: true,
      summary: "64 connections send 64 bytes and wait for them to come back; no protocol, the runtime alone.",
      shownDetail: "p99 us", needs: .runtime("TCP echo measures the runtimes of this package without Socket.IO")
    ) { contender, settings, load in
      try await withServer(contender, settings, load) { server in
        try await with(StreamCrowd(load)) { crowd in
          try await crowd.open(settings.clients(64, quick: 8), to: server.echoPort)
          return try await crowd.run(seconds: settings.seconds, against: server)
        }
      }
    },
    Scenario(
      id: "echo", title: "Socket.IO echo", unit: "events/s", isHigherBetter: true,
      summary: "64 WebSocket clients send an event and wait for its acknowledgement.", shownDetail: "p99 us"
    ) { contender, settings, load in
      try await withServer(contender, settings, load) { server in
        try await with(EchoCrowd(load)) { crowd in
          try await crowd.connect(settings.clients(64, quick: 8), to: server.port)
          return try await crowd.run(seconds: settings.seconds, against: server)
        }
      }
    },
    Scenario(
      id: "echo-x8", title: "Eight in flight", unit: "events/s", isHigherBetter: true,
      summary: "The same with eight events of each client under way at a time."
    ) { contender, settings, load in
      try await withServer(contender, settings, load) { server in
        try await with(EchoCrowd(load, window: 8)) { crowd in
          try await crowd.connect(settings.clients(64, quick: 8), to: server.port)
          return try await crowd.run(seconds: settings.seconds, against: server)
        }
      }
    },
    Scenario(
      id: "echo-4k", title: "4 KiB messages", unit: "events/s", isHigherBetter: true,
      summary: "64 clients send an event with 4 KiB of text, which its acknowledgement brings back.",
      shownDetail: "p99 us"
    ) { contender, settings, load in
      try await withServer(contender, settings, load) { server in
        try await with(EchoCrowd(load, payload: 4096)) { crowd in
          try await crowd.connect(settings.clients(64, quick: 8), to: server.port)
          return try await crowd.run(seconds: settings.seconds, against: server)
        }
      }
    },
    Scenario(
      id: "fan-out", title: "Fan-out", unit: "deliveries/s", isHigherBetter: true,
      summary: "One of 1,000 clients emits an event that the server emits to all 1,000."
    ) { contender, settings, load in
      try await withServer(contender, settings, load) { server in
        try await with(FanOutCrowd(load, window: 4)) { crowd in
          try await crowd.connect(settings.clients(1000, quick: 20), to: server.port)
          return try await crowd.run(seconds: settings.seconds, against: server)
        }
      }
    },
    Scenario(
      id: "fan-out-x16", title: "Fan-out, sixteen under way", unit: "deliveries/s", isHigherBetter: true,
      summary: """
        One of 1,000 clients emits events that the server emits to all 1,000; sixteen are under way at a time, and a \
        server may send them together.
        """
    ) { contender, settings, load in
      try await withServer(contender, settings, load) { server in
        try await with(FanOutCrowd(load, window: 16)) { crowd in
          try await crowd.connect(settings.clients(1000, quick: 20), to: server.port)
          return try await crowd.run(seconds: settings.seconds, against: server)
        }
      }
    },
    Scenario(
      id: "compute", title: "Handlers that compute", unit: "events/s", isHigherBetter: true,
      summary: "64 clients send an event whose handler sorts 1,000 numbers before it acknowledges.",
      shownDetail: "p99 us", needs: .runtime("other servers have no event that sorts numbers")
    ) { contender, settings, load in
      try await withServer(contender, settings, load) { server in
        try await with(EchoCrowd(load, event: "compute")) { crowd in
          try await crowd.connect(settings.clients(64, quick: 8), to: server.port)
          return try await crowd.run(seconds: settings.seconds, against: server)
        }
      }
    },
    Scenario(
      id: "connect", title: "Connections", unit: "connects/s", isHigherBetter: true,
      summary: "Clients connect over WebSocket, are welcomed in the namespace, and drop the connection; 32 at a time."
    ) { contender, settings, load in
      try await withServer(contender, settings, load) { server in
        let crowd = ConnectingCrowd(load, port: server.port, width: settings.clients(32, quick: 4))
        return try await with(crowd) { try await $0.run(seconds: settings.seconds, against: server) }
      }
    },
    Scenario(
      id: "polling", title: "Long-polling", unit: "round trips/s", isHigherBetter: true,
      summary: "32 clients without WebSocket post an event and poll for its acknowledgement: two HTTP requests.",
      shownDetail: "p99 us"
    ) { contender, settings, load in
      try await withServer(contender, settings, load) { server in
        try await with(PollingCrowd(load)) { crowd in
          try await crowd.connectPollers(settings.clients(32, quick: 4), to: server.port)
          return try await crowd.run(seconds: settings.seconds, against: server)
        }
      }
    },
  ]
}
