import Foundation

/// Measures everybody, round by round, so that a disturbance of the machine meets all of them.
struct Tournament {
  let scenarios: [Scenario]
  let contenders: [Contender]
  let settings: Settings
  let load: LoadGenerator

  func run() async -> [Report.Row] {
    let progress = Progress(total: scenarios.count * contenders.count * settings.rounds)
    var measured: [String: [Measurement]] = [:]
    var reasons: [String: String] = [:]
    var limits: [String: String] = [:]
    for round in 1...settings.rounds {
      for scenario in scenarios {
        for contender in contenders {
          let key = "\(scenario.id) \(contender.name)"
          progress.begin("round \(round)/\(settings.rounds)  \(scenario.title) on \(contender.name)")
          if let obstacle = scenario.obstacle(for: contender) {
            reasons[key] = obstacle
            progress.end("not measured: \(obstacle)")
            continue
          }
          do {
            let measurement = try await scenario.run(contender, settings, load)
            measured[key, default: []].append(measurement)
            limits[key] = limits[key] ?? measurement.limit
            progress.end(
              measurement.limit.map { "not measured: \($0)" } ?? "\(Quantity.text(measurement.value)) \(scenario.unit)")
          } catch {
            reasons[key] = "\(error)"
            progress.end("failed: \(error)")
          }
        }
      }
    }
    progress.finish()
    return scenarios.map { scenario in
      Report.Row(
        scenario: scenario,
        cells: contenders.map { contender in
          let key = "\(scenario.id) \(contender.name)"
          // A run that failed in one round is not papered over by the others.
          let median = reasons[key] == nil ? Measurement.median(measured[key] ?? []) : nil
          let rounds = (measured[key] ?? []).filter { $0.limit == nil }
          return Report.Cell(
            contender: contender, median: limits[key] == nil ? median : nil, processor: median?.processor,
            rounds: rounds, reason: reasons[key] ?? limits[key])
        })
    }
  }
}
