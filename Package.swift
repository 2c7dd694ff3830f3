// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableExperimentalFeature("Lifetimes"),
]

let package = Package(
  name: "SocketIO",
  products: [
    .library(name: "AsyncModes", targets: ["AsyncModes", "AsyncModeSelection"]),
    .library(name: "AsyncModeTesting", targets: ["AsyncModeTesting"]),
    .library(name: "StructuredConcurrency", targets: ["StructuredConcurrency"]),
    .library(
      name: "SocketIOServer",
      targets: [
        "SocketIOServer", "SocketIOCodec", "EngineIO", "EngineIOCodec", "HTTPServing", "AsyncModes",
        "AsyncModeSelection",
      ]),
    .library(name: "SocketIOSessions", targets: ["SocketIOSessions"]),
    .library(name: "SocketIOHummingbird", targets: ["SocketIOHummingbird"]),
    .library(name: "SocketIOObservability", targets: ["SocketIOObservability"]),
    .library(name: "SocketIOServiceLifecycle", targets: ["SocketIOServiceLifecycle"]),
    .library(name: "MessageQueues", targets: ["MessageQueues"]),
    .library(name: "SocketIOEmitter", targets: ["SocketIOEmitter", "ClusterCodec"]),
    .executable(name: "emit", targets: ["emit"]),
  ],
  traits: [
    .trait(name: "Libuv", description: "The runtime on libuv; needs the header of libuv1-dev."),
    .trait(name: "Hummingbird", description: "Hummingbird routers beside Socket.IO, and Socket.IO in Hummingbird."),
    .trait(name: "Observability", description: "Figures for swift-metrics, spans for swift-distributed-tracing."),
    .trait(name: "ServiceLifecycle", description: "The server as a service of swift-service-lifecycle."),
    .trait(name: "RabbitMQ", description: "Message queues amqp://; needs the header of librabbitmq-dev."),
    .trait(name: "Kafka", description: "Message queues kafka://; needs the header of librdkafka-dev."),
    .trait(name: "PostgreSQL", description: "Message queues postgres://; needs the header of libpq-dev."),
    .default(enabledTraits: ["Libuv"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.86.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-crypto", "3.12.0"..<"5.0.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.7.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.3.0"),
  ],
  targets: [
    .target(name: "CAsyncModes"),
    .target(name: "CLibraryTable"),
    .target(name: "COpenSSL", dependencies: ["CLibraryTable"]),
    .target(
      name: "AsyncModes", dependencies: ["CAsyncModes", "COpenSSL", .product(name: "Logging", package: "swift-log")],
      swiftSettings: settings),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "HTTPCodec", dependencies: ["CZlib"], swiftSettings: settings),
    .target(name: "WebSocketCodec", dependencies: ["CZlib"], swiftSettings: settings),
    .target(name: "EngineIOCodec", swiftSettings: settings),
    .target(name: "SocketIOCodec", swiftSettings: settings),
    .target(name: "HTTPServing", dependencies: ["AsyncModes", "HTTPCodec", "WebSocketCodec"], swiftSettings: settings),
    .target(
      name: "EngineIO",
      dependencies: [
        "AsyncModes", "HTTPCodec", "HTTPServing", "WebSocketCodec", "EngineIOCodec",
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: settings),
    .target(
      name: "SocketIOServer",
      dependencies: [
        "ClusterCodec", "MessageQueues",
        "AsyncModes", "AsyncModeSelection", "HTTPCodec", "HTTPServing", "EngineIO", "EngineIOCodec", "SocketIOCodec",
        .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: settings),
    .target(name: "ClusterCodec", dependencies: ["EngineIOCodec", "SocketIOCodec"], swiftSettings: settings),
    .target(
      name: "SocketIOEmitter",
      dependencies: ["AsyncModes", "ClusterCodec", "MessageQueues", "SocketIOCodec", "ThreadPool"],
      swiftSettings: settings),
    .executableTarget(
      name: "emit",
      dependencies: [
        "ClusterCodec", "MessageQueues", "SocketIOCodec", "SocketIOEmitter",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Examples/Emit", swiftSettings: settings),
    .executableTarget(
      name: "cluster-node",
      dependencies: [
        "AsyncModes", "AsyncModeSelection", "ClusterCodec", "EngineIO", "MessageQueues", "SocketIOCodec",
        "SocketIOServer",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Examples/ClusterNode", swiftSettings: settings),
    .target(
      name: "CRabbitMQ", dependencies: ["CLibraryTable"], cSettings: [.define("RABBITMQ", .when(traits: ["RabbitMQ"]))]),
    .target(
      name: "CKafka", dependencies: ["CLibraryTable"], cSettings: [.define("KAFKA", .when(traits: ["Kafka"]))]),
    .target(
      name: "CPostgreSQL", dependencies: ["CLibraryTable"],
      cSettings: [.define("POSTGRESQL", .when(traits: ["PostgreSQL"]))]),
    .target(
      name: "MessageQueues",
      dependencies: [
        "AsyncModes", "CKafka", "CPostgreSQL", "CRabbitMQ", .product(name: "Logging", package: "swift-log"),
      ],
      cSettings: [
        .define("RABBITMQ", .when(traits: ["RabbitMQ"])), .define("KAFKA", .when(traits: ["Kafka"])),
        .define("POSTGRESQL", .when(traits: ["PostgreSQL"])),
      ], swiftSettings: settings),
    .target(
      name: "SocketIOSessions",
      dependencies: ["SocketIOServer", "SocketIOCodec", "EngineIO", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: settings),
    .testTarget(
      name: "SocketIOSessionsTests", dependencies: ["SocketIOSessions", "SocketIOServer", "SocketIOCodec"],
      swiftSettings: settings),
    .target(
      name: "SocketIOHummingbird",
      dependencies: [
        "SocketIOServer", "StructuredConcurrency", "AsyncModes", "EngineIO",
        .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "Logging", package: "swift-log"),
        .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["Hummingbird"])),
        .product(name: "NIOEmbedded", package: "swift-nio", condition: .when(traits: ["Hummingbird"])),
        .product(
          name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: .when(traits: ["Hummingbird"])),
      ], swiftSettings: settings),
    .target(
      name: "CLibuv", dependencies: ["CLibraryTable"], path: "Runtimes/CLibuv",
      cSettings: [.define("LIBUV", .when(traits: ["Libuv"]))]),
    .target(
      name: "Libuv", dependencies: ["AsyncModes", "CLibuv"], path: "Runtimes/Libuv",
      cSettings: [.define("LIBUV", .when(traits: ["Libuv"]))],
      swiftSettings: settings),
    .target(
      name: "StructuredConcurrency",
      dependencies: [
        "AsyncModes", .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
      ], path: "Runtimes/StructuredConcurrency", swiftSettings: settings),
    .target(name: "CEpoll", path: "Runtimes/CEpoll"),
    .target(
      name: "ThreadPool", dependencies: ["AsyncModes", "CEpoll"], path: "Runtimes/ThreadPool", swiftSettings: settings),
    .target(
      name: "AsyncModeSelection",
      dependencies: [
        "AsyncModes", "Libuv", "StructuredConcurrency", "ThreadPool",
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: settings),
    .executableTarget(
      name: "bench-server",
      dependencies: [
        "SocketIOServer", "SocketIOCodec", "AsyncModes", "AsyncModeSelection",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Examples/BenchServer", swiftSettings: settings),
    .executableTarget(
      name: "embedded-server",
      dependencies: [
        "SocketIOServer", "AsyncModes", "AsyncModeSelection",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Examples/EmbeddedServer", swiftSettings: settings),
    .executableTarget(
      name: "nio-mount",
      dependencies: [
        "SocketIOServer", "AsyncModes", "StructuredConcurrency",
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Examples/NIOMount", swiftSettings: settings),
    .executableTarget(
      name: "hummingbird-app",
      dependencies: [
        "SocketIOServer", "SocketIOCodec", "SocketIOSessions", "EngineIO", "AsyncModeSelection", "AsyncModes",
        "SocketIOHummingbird",
        .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["Hummingbird"])),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Examples/HummingbirdApp", swiftSettings: settings),
    .executableTarget(
      name: "hummingbird-mount",
      dependencies: [
        "SocketIOServer", "AsyncModes", "StructuredConcurrency", "SocketIOHummingbird",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["Hummingbird"])),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Examples/HummingbirdMount", swiftSettings: settings),
    .target(
      name: "ConformanceApplication",
      dependencies: [
        "SocketIOServer", "SocketIOCodec", "AsyncModes", "EngineIO", "EngineIOCodec", "HTTPServing", "HTTPCodec",
        "WebSocketCodec",
      ], path: "Examples/ConformanceServer/Application", swiftSettings: settings),
    .executableTarget(
      name: "conformance-server",
      dependencies: [
        "ConformanceApplication", "SocketIOServer", "AsyncModes", "AsyncModeSelection", "EngineIO", "HTTPServing",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Examples/ConformanceServer/Server", swiftSettings: settings),
    .executableTarget(
      name: "mounted-server",
      dependencies: [
        "ConformanceApplication", "SocketIOServer", "AsyncModes", "StructuredConcurrency", "SocketIOHummingbird",
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["Hummingbird"])),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Tests/Programs/MountedServer", swiftSettings: settings),
    .executableTarget(
      name: "chat",
      dependencies: [
        "SocketIOServer", "SocketIOCodec", "AsyncModes", "AsyncModeSelection",
        .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "Logging", package: "swift-log"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Examples/Chat", resources: [.copy("Resources")], swiftSettings: settings),
    .executableTarget(
      name: "demo",
      dependencies: [
        "SocketIOServer", "SocketIOCodec", "AsyncModes", "AsyncModeSelection",
        .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "Logging", package: "swift-log"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Examples/Demo", resources: [.copy("Resources")], swiftSettings: settings),
    .executableTarget(
      name: "custom-server",
      dependencies: [
        "AsyncModes", "AsyncModeSelection", .product(name: "Logging", package: "swift-log"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Examples/CustomServer", swiftSettings: settings),
    .target(name: "CCompareModes"),
    .executableTarget(
      name: "compare-modes",
      dependencies: [
        "AsyncModes", "AsyncModeSelection", "SocketIOServer", "WebSocketCodec", "CCompareModes",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Sources/CompareModes", swiftSettings: settings),
    .executableTarget(
      name: "option-server",
      dependencies: [
        "SocketIOServer", "SocketIOCodec", "AsyncModes", "AsyncModeSelection", "EngineIO", "EngineIOCodec",
        "HTTPServing", "HTTPCodec",
        "WebSocketCodec", .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Tests/Programs/OptionServer", swiftSettings: settings),
    .target(name: "AsyncModeTesting", dependencies: ["AsyncModes"], swiftSettings: settings),
    .target(name: "CRaceCheck", path: "Tests/CRaceCheck"),
    .testTarget(
      name: "DeliveryTests",
      dependencies: [
        "CRaceCheck",
        "SocketIOServer", "SocketIOCodec", "AsyncModes", "AsyncModeSelection", "EngineIO", "EngineIOCodec",
        "HTTPServing",
        "WebSocketCodec", .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: settings),
    .testTarget(
      name: "RuntimeTests", dependencies: ["AsyncModes", "AsyncModeSelection", "AsyncModeTesting"],
      swiftSettings: settings),
    .target(
      name: "ServerTesting",
      dependencies: [
        "AsyncModes", "AsyncModeSelection", "SocketIOServer", .product(name: "Logging", package: "swift-log"),
      ], path: "Tests/ServerTesting", swiftSettings: settings),
    .testTarget(
      name: "SocketIOServerTests",
      dependencies: [
        "ServerTesting",
        "AsyncModes", "AsyncModeSelection", "ClusterCodec", "EngineIO", "MessageQueues", "SocketIOServer",
        "SocketIOCodec",
        .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: settings),
    .testTarget(
      name: "ManualTests",
      dependencies: [
        "ServerTesting",
        "AsyncModes", "AsyncModeSelection", "EngineIO", "SocketIOServer", "SocketIOCodec",
        .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: settings),
    .testTarget(
      name: "EngineIOTests",
      dependencies: [
        "AsyncModes", "EngineIO", "EngineIOCodec", "HTTPServing", "HTTPCodec", "ServerTesting", "WebSocketCodec",
      ], swiftSettings: settings),
    .testTarget(
      name: "HTTPServingTests", dependencies: ["AsyncModes", "HTTPCodec", "HTTPServing", "ServerTesting"],
      swiftSettings: settings),
    .testTarget(
      name: "MessageQueueTests",
      dependencies: [
        "AsyncModes", "AsyncModeSelection", "MessageQueues", "ServerTesting",
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: settings),
    .testTarget(
      name: "ClusterCodecTests", dependencies: ["ClusterCodec", "SocketIOCodec"], swiftSettings: settings),
  ]
)

// The codecs' tests; Tests/CodecTesting is what they and the fuzz targets share.
let codecs = ["HTTPCodec", "WebSocketCodec", "EngineIOCodec", "SocketIOCodec"]
package.targets.append(
  .target(
    name: "CodecTesting", dependencies: codecs.map { .target(name: $0) }, path: "Tests/CodecTesting",
    swiftSettings: settings))
package.targets.append(
  .target(
    name: "CodecWorkloads", dependencies: codecs.map { .target(name: $0) }, path: "Tests/CodecWorkloads",
    swiftSettings: settings))
package.targets.append(
  .executableTarget(
    name: "codec-costs", dependencies: ["CodecWorkloads"], path: "Tests/Programs/CodecCosts", exclude: ["limits.tsv"],
    swiftSettings: settings))
package.targets += codecs.map {
  .testTarget(name: $0 + "Tests", dependencies: [.target(name: $0), "CodecTesting", "CZlib"], swiftSettings: settings)
}

// Fuzz targets, for Scripts/fuzz alone: they need the sanitizers of the compiler, which not every platform has.
if Context.environment["SOCKETIO_FUZZ"] == "1" {
  package.targets.append(.target(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"))
  package.targets.append(
    .target(
      name: "Fuzzing", dependencies: ["CFuzzer", "CodecTesting"], path: "Tests/Fuzz/Fuzzing", swiftSettings: settings))
  package.targets += [
    ("HTTP", ["HTTPCodec"]), ("WebSocket", ["WebSocketCodec"]), ("EngineIO", ["EngineIOCodec"]),
    ("SocketIO", ["SocketIOCodec"]), ("JSON", ["SocketIOCodec"]), ("Cluster", ["ClusterCodec", "SocketIOCodec"]),
    ("RESP", ["MessageQueues"]), ("NATS", ["MessageQueues"]), ("Proxy", ["HTTPServing"]),
    ("HTTPServing", ["AsyncModes", "HTTPCodec", "HTTPServing", "ServerTesting"]),
  ].map { name, dependencies in
    .executableTarget(
      name: "fuzz-\(name.lowercased())",
      dependencies: dependencies.map { .target(name: $0) } + ["CodecTesting", "Fuzzing"],
      path: "Tests/Fuzz/\(name)", swiftSettings: settings, linkerSettings: [.unsafeFlags(["-use-ld=lld"])])
  }
}

// Micro-benchmarks, for Scripts/benchmark-codecs alone: nobody else needs the package.
if Context.environment["SOCKETIO_BENCHMARK"] == "1" {
  package.dependencies.append(.package(url: "https://github.com/ordo-one/benchmark", from: "1.38.0", traits: []))
  package.targets.append(
    .executableTarget(
      name: "CodecBenchmarks", dependencies: ["CodecWorkloads", .product(name: "Benchmark", package: "benchmark")],
      path: "Tests/Benchmarks/CodecBenchmarks", swiftSettings: settings,
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]))
}

// The test client, and the runtime in memory under it.
let testing: Target.Dependency = "SocketIOTesting"
package.products.append(.library(name: "SocketIOTesting", targets: ["SocketIOTesting"]))
package.targets += [
  .target(
    name: "SocketIOTesting",
    dependencies: [
      "AsyncModes", "EngineIO", "EngineIOCodec", "SocketIOCodec", "SocketIOServer", "WebSocketCodec",
      .product(name: "HTTPTypes", package: "swift-http-types"),
    ], swiftSettings: settings),
  .testTarget(
    name: "SocketIOTestingTests",
    dependencies: [
      testing, "AsyncModes", "AsyncModeTesting", "EngineIO", "EngineIOCodec", "HTTPCodec", "MessageQueues",
      "SocketIOCodec", "SocketIOServer",
      .product(name: "HTTPTypes", package: "swift-http-types"),
    ], swiftSettings: settings),
]

// What looks into a server from outside, for programs that have a metrics system or a tracer already.
let observability = TargetDependencyCondition.when(traits: ["Observability"])
package.targets += [
  .target(
    name: "SocketIOObservability",
    dependencies: [
      "AsyncModes", "EngineIO", "SocketIOServer",
      .product(name: "Metrics", package: "swift-metrics", condition: observability),
      .product(name: "Tracing", package: "swift-distributed-tracing", condition: observability),
      .product(name: "Instrumentation", package: "swift-distributed-tracing", condition: observability),
    ], swiftSettings: settings),
  .testTarget(
    name: "SocketIOObservabilityTests",
    dependencies: [
      "ServerTesting", "SocketIOObservability", "SocketIOServer",
      .product(name: "MetricsTestKit", package: "swift-metrics", condition: observability),
      .product(name: "InMemoryTracing", package: "swift-distributed-tracing", condition: observability),
    ], swiftSettings: settings),
]

let lifecycle: Target.Dependency = .product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: .when(traits: ["ServiceLifecycle"]))
package.targets += [
  .target(
    name: "SocketIOServiceLifecycle", dependencies: ["AsyncModes", "SocketIOServer", lifecycle], swiftSettings: settings
  ),
  .testTarget(
    name: "SocketIOServiceLifecycleTests",
    dependencies: [
      "AsyncModes", "ServerTesting", "SocketIOServer", "SocketIOServiceLifecycle",
      .product(name: "Logging", package: "swift-log"), lifecycle,
    ], swiftSettings: settings),
]
