import ArgumentParser
import AsyncModeSelection
import AsyncModes
import Logging

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A chat for `nc` and `telnet`: the runtime framework serves by itself, without HTTP and Socket.IO.
///
/// ```
///   CustomServer     chooses a runtime, listens, waits for Ctrl-C
///        │ one Guest for each connection
///        ▼
///      Guest ──────► Hall ──────► House ──── a job for each executor ───► Hall ──► Guest …
///      lines and     who is here  the names
///      commands      (executor)   (a lock)
/// ```
@main
struct CustomServer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "custom-server", abstract: "A line-based chat over TCP, on the runtime framework alone.")

  @Option(help: "The address to listen on.") var host = "127.0.0.1"
  @Option(help: "The port to listen on.") var port = 7000
  @Option(help: "libuv, structured, threads or auto.") var asyncMode = "auto"
  @Option(help: "The number of executors; without it one for each core.") var executors: Int?
  @OptionGroup var limits: Limits

  func run() async throws {
    var logger = Logger(label: "custom-server")
    logger.logLevel = .warning

    // 1. A runtime: the one that is asked for, or the best that can run here.
    let selection = try AsyncModeSelection.select(
      AsyncModeChoice(asyncMode), configuration: ModeConfiguration(executorCount: executors, logger: logger))
    print("Runtime: \(selection.reason).")
    let mode = selection.mode

    // 2. Connections. The runtime bounds how many there are and how much may wait for one that does not read.
    let house = House(mode: mode, limits: limits)
    var options = ListenOptions()
    options.maxConnections = limits.maxGuests
    options.connection.maxPendingBytes = limits.maxWaiting
    options.connection.highWaterMark = limits.maxWaiting
    options.connection.lingerTimeout = .seconds(1)
    guard let address = try await mode.resolve(host: host, port: port).first else { return }
    let listener = try await mode.listen(on: address, options: options) { connection in
      // Called on the executor that the connection lives on; it is in the hall of that executor.
      Guest(connection, house.halls[connection.executor.index], house)
    }
    print("Come in with: nc \(listener.address.host ?? host) \(listener.address.port ?? port)   Ctrl-C ends the chat.")
    fflush(nil)

    // 3. The end: nobody comes in any more, everybody is told, what waits is sent, the threads end.
    await StopSignals.wait()
    await listener.close()
    house.tellEverybody("The house closes. Goodbye.")
    let report = await mode.shutdown(within: .seconds(5))
    print("Goodbye. \(report.abortedConnections) connections had to be cut off.")
  }
}
