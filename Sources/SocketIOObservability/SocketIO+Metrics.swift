#if Observability
  internal import Metrics
  public import SocketIOServer
  internal import Synchronization

  extension SocketIO {
    /// Hands the figures of the server to the metrics system of the program (swift-metrics), again and again until the
    /// server stops.
    ///
    /// Everything of ``SocketIO/metricValues()`` is told: what goes up and down as a `Gauge`, what only grows as a
    /// `Counter`. Handlers are timed as well, as a `Timer` with the dimensions `namespace` and `event`; see
    /// ``SocketIO/interceptEvents(namespace:_:)`` for what that costs. To be called before the server runs, and after
    /// `MetricsSystem.bootstrap`.
    ///
    /// - Parameter interval: how often the figures are told. Default: 10 s.
    public func reportMetrics(every interval: Duration = .seconds(10)) {
      let reporter = MetricsReporter()
      interceptEvents { event, next in try await reporter.time(event, next) }
      startBackgroundTask { [weak self] in
        while !Task.isCancelled, let self {
          reporter.report(await metricValues())
          try await self.sleep(for: interval)
        }
      }
    }
  }

  /// Keeps the objects of the metrics system, which are made once for each name and its dimensions.
  private final class MetricsReporter: Sendable {
    private struct Handler: Hashable {
      let namespace: String
      let event: String
    }
    private struct State {
      /// What was told of a counter so far.
      var told: [ServerMetric: Int] = [:]
      var timers: [Handler: Metrics.Timer] = [:]
    }
    private let state = Mutex(State())

    /// More events than this are timed under one name.
    private static let maxTimers = 200

    func report(_ metrics: [ServerMetric]) {
      for metric in metrics {
        let dimensions = metric.labels.map { ($0.name, $0.value) }
        switch metric.value {
        case .gauge(let value): Gauge(label: metric.name, dimensions: dimensions).record(value)
        case .counter(let value):
          let key = metric.withoutValue
          let growth = state.withLock { state in
            defer { state.told[key] = value }
            return value - state.told[key, default: 0]
          }
          Counter(label: metric.name, dimensions: dimensions).increment(by: max(0, growth))
        case .histogram: break
        }
      }
    }

    func time(_ event: SocketEvent, _ next: EventAction) async throws -> Arguments? {
      let start = ContinuousClock.now
      defer { timer(event).record(duration: start.duration(to: .now)) }
      return try await next(event)
    }

    private func timer(_ event: SocketEvent) -> Metrics.Timer {
      state.withLock { state in
        var handler = Handler(namespace: event.socket.namespace, event: event.name)
        if state.timers[handler] == nil, state.timers.count >= Self.maxTimers {
          handler = Handler(namespace: "", event: "")
        }
        if let timer = state.timers[handler] { return timer }
        let timer = Metrics.Timer(
          label: "socketio_handler", dimensions: [("namespace", handler.namespace), ("event", handler.event)])
        state.timers[handler] = timer
        return timer
      }
    }
  }

  extension ServerMetric {
    /// The same figure at any time.
    fileprivate var withoutValue: ServerMetric {
      ServerMetric(name: name, help: help, labels: labels, value: .counter(0))
    }
  }
#endif
