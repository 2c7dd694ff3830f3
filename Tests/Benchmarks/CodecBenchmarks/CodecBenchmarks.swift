import Benchmark
import CodecWorkloads

/// How long the codecs take, by the very work whose instructions `codec-costs` counts.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .throughput, .instructions], scalingFactor: .kilo, maxDuration: .seconds(2))
  for workload in CodecWorkload.all {
    Benchmark(workload.name) { benchmark in
      for _ in benchmark.scaledIterations { blackHole(try workload.run()) }
    }
  }
}
