#if ServiceLifecycle
  public import AsyncModes
  public import ServiceLifecycle
  public import SocketIOServer

  /// A Socket.IO server in a `ServiceGroup`: it listens while the group runs, and a graceful shutdown of the group drains
  /// it.
  ///
  /// ```swift
  /// let group = ServiceGroup(
  ///   services: [SocketIOService(io, on: try .ip("0.0.0.0", port: 5000)), database],
  ///   gracefulShutdownSignals: [.sigterm], logger: logger)
  /// try await group.run()
  /// ```
  /// Signals are the business of the group. If the server is stopped otherwise, ``run()`` returns, which ends the group
  /// unless it is told not to.
  public struct SocketIOService: Service {
    private let io: SocketIO
    private let addresses: [SocketAddress]
    private let deadline: Duration?

    /// Creates a service.
    ///
    /// - Parameters:
    ///   - io: the server.
    ///   - addresses: where it listens.
    ///   - deadline: how long the clients and their handlers have at a graceful shutdown;
    ///     `SocketIOOptions.shutdownTimeout` by default.
    public init(_ io: SocketIO, on addresses: SocketAddress..., within deadline: Duration? = nil) {
      self.io = io
      self.addresses = addresses
      self.deadline = deadline
    }

    /// Serves until the group shuts down, or the server is stopped. A task that is cancelled leaves no time to anybody.
    ///
    /// - Throws: `AsyncModeError` with the code `listenFailed`, or `shutDown` if the server had been stopped before.
    public func run() async throws {
      do {
        _ = try await io.listen(onAll: addresses)
      } catch {
        await io.stop()
        throw error
      }
      await withTaskCancellationOrGracefulShutdownHandler {
        await io.waitUntilStopped()
      } onCancelOrGracefulShutdown: {
        let limit = Task.isCancelled ? Duration.zero : deadline
        Task { await io.stop(within: limit) }
      }
    }
  }
#endif
