#if Observability
  import InMemoryTracing
  import Instrumentation
  import Metrics
  import MetricsTestKit
  import ServerTesting
  import SocketIOObservability
  import SocketIOServer
  import Testing
  import Tracing

  /// Both systems can be set up once in a process.
  @Suite(.serialized) struct ObservabilityTests {
    static let metrics: TestMetrics = {
      let metrics = TestMetrics()
      MetricsSystem.bootstrap(metrics)
      return metrics
    }()
    static let tracer: InMemoryTracer = {
      let tracer = InMemoryTracer()
      InstrumentationSystem.bootstrap(tracer)
      return tracer
    }()

    struct OnPurpose: Error {}

    static func register(_ io: SocketIO) {
      io.on("echo") { (_: Socket, text: String) in text }
      io.on("fail") { (_: Socket) throws in throw OnPurpose() }
    }

    @Test(arguments: modes) func figuresAreTold(_ mode: String) async throws {
      let metrics = Self.metrics
      metrics.reset()
      try await serving(
        mode,
        register: { io in
          io.reportMetrics(every: .milliseconds(10))
          Self.register(io)
        }
      ) { running in
        let client = try await running.join()
        try await client.send(#"420["echo","x"]"#)
        #expect(try await client.text() == #"430["x"]"#)
        let events = [("namespace", "/"), ("event", "echo")]
        try await eventually { (try? metrics.expectTimer("socketio_handler", events))?.values.count == 1 }
        try await eventually { (try? metrics.expectGauge("socketio_clients", [("namespace", "/")]))?.lastValue == 1 }
        try await eventually { (try? metrics.expectCounter("socketio_received_events"))?.totalValue == 1 }
        // A counter is told what has come since, not all of it again.
        try await client.send(#"421["echo","y"]"#)
        #expect(try await client.text() == #"431["y"]"#)
        try await eventually { (try? metrics.expectCounter("socketio_received_events"))?.totalValue == 2 }
      }
    }

    @Test(arguments: modes) func handlersAreTraced(_ mode: String) async throws {
      let tracer = Self.tracer
      tracer.clearAll()
      try await serving(
        mode,
        register: { io in
          io.traceHandlers()
          Self.register(io)
        }
      ) { running in
        let client = try await running.open(fields: "in-memory-trace-id: trace-7\r\nin-memory-span-id: span-9\r\n")
        try await client.join()
        try await client.send(#"420["echo","x"]"#)
        #expect(try await client.text() == #"430["x"]"#)
        try await client.send(#"42["fail"]"#)
        try await eventually { tracer.finishedSpans.count == 2 }
        let spans = tracer.finishedSpans
        #expect(spans.map(\.operationName) == ["socketio echo", "socketio fail"])
        #expect(spans.allSatisfy { $0.traceID == "trace-7" && $0.parentSpanID == "span-9" && $0.kind == .server })
        #expect(spans[0].errors.isEmpty && spans[1].errors.count == 1)
        #expect(spans[0].attributes.get("socketio.namespace") == .string("/"))
      }
    }
  }

  private func eventually(_ condition: () -> Bool) async throws {
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: .seconds(30))
    while !condition() {
      guard clock.now < end else {
        Issue.record("waited 30 s in vain")
        return
      }
      try await clock.sleep(for: .milliseconds(5))
    }
  }
#endif
