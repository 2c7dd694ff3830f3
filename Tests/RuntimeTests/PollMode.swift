import AsyncModes
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A runtime as somebody outside of the package would write it, on `poll(2)` and with the public API alone.
final class PollMode: AsyncMode {
  static let name = "poll"
  private let core: PollingModeCore

  static func probe() -> ModeAvailability { .usable("poll(2)") }

  init(configuration: ModeConfiguration) throws(AsyncModeError) {
    try configuration.validate()
    let pollers = (0..<configuration.executorCount).map { PollExecutor(at: $0) }
    core = PollingModeCore(executors: pollers, configuration: configuration) {
      for poller in pollers { await poller.end() }
    }
  }

  var executors: [IOExecutor] { core.executors }
  var workers: WorkerPool { core.workers }
  var handlersMayBlock: Bool { false }

  func listen(
    on address: SocketAddress, options: ListenOptions,
    accept: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) -> any Listener {
    try await core.listen(on: address, options: options, accept: accept)
  }

  func connect(
    to address: SocketAddress, options: ConnectionOptions, on executor: IOExecutor,
    established: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) {
    try await core.connect(to: address, options: options, on: executor, established: established)
  }

  func sleep(for duration: Duration) async throws { try await core.preferredExecutor.sleep(for: duration) }

  func startTask(on executor: IOExecutor?, _ operation: @escaping @Sendable () async -> Void) {
    let handle = core.tasks.add()
    Task(executorPreference: executor ?? core.preferredExecutor) { await handle.run(operation) }
  }

  func shutdown(within deadline: Duration) async -> ShutdownReport { await core.shutdown(within: deadline) }
}

/// A thread that asks `poll(2)`.
private final class PollExecutor: PollingExecutor, @unchecked Sendable {
  // @unchecked: everything mutable is confined to the thread, but for the pipe, which may be written from any.

  private final class Watch {
    let descriptor: Int32
    var interest: DescriptorInterest
    var target: (any DescriptorTarget)?
    init(_ descriptor: Int32, _ interest: DescriptorInterest, _ target: any DescriptorTarget) {
      self.descriptor = descriptor
      self.interest = interest
      self.target = target
    }
  }
  private var watches: [UnsafeMutableRawPointer: Watch] = [:]
  private var pipe: [Int32] = [-1, -1]
  private var isEnding = false
  private var ended: CheckedContinuation<Void, Never>?

  init(at index: Int) {
    super.init(index: index)
    Glibc.pipe(&pipe)
    for end in pipe { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    startThread(name: "poll-\(index)") { [self] in runLoop() }
  }

  deinit { for end in pipe { close(end) } }

  private func runLoop() {
    enter {
      var wait = runTurn()
      while !isEnding {
        waitForEvents(wait)
        wait = runTurn()
      }
    }
    stop()
    ended?.resume()
  }

  private func waitForEvents(_ wait: Duration?) {
    var entries = [pollfd(fd: pipe[0], events: Int16(POLLIN), revents: 0)]
    var asked: [Watch] = []
    for watch in watches.values where !watch.interest.isEmpty {
      var events: Int32 = 0
      if watch.interest.contains(.read) { events |= POLLIN }
      if watch.interest.contains(.write) { events |= POLLOUT }
      entries.append(pollfd(fd: watch.descriptor, events: Int16(events), revents: 0))
      asked.append(watch)
    }
    let milliseconds = wait.map { Int32(clamping: ($0.clampedNanoseconds + 999_999) / 1_000_000) } ?? -1
    poll(&entries, nfds_t(entries.count), milliseconds)
    beginTurn()
    var bytes = [UInt8](repeating: 0, count: 64)
    while read(pipe[0], &bytes, bytes.count) > 0 {}
    for (entry, watch) in zip(entries.dropFirst(), asked) where entry.revents != 0 {
      let events = Int32(entry.revents)
      let isBroken = events & (POLLERR | POLLHUP | POLLNVAL) != 0
      watch.target?.descriptorReady(
        isReadable: isBroken || events & POLLIN != 0, isWritable: isBroken || events & POLLOUT != 0)
    }
  }

  override func wake() {
    var byte: UInt8 = 1
    _ = write(pipe[1], &byte, 1)
  }

  func end() async {
    if isCurrent {
      isEnding = true
      return
    }
    await withCheckedContinuation { continuation in
      post { [self] in
        ended = continuation
        isEnding = true
      }
    }
  }

  override func watch(
    _ descriptor: Int32, _ interest: DescriptorInterest, _ target: any DescriptorTarget
  ) throws(SystemError) -> UnsafeMutableRawPointer? {
    let watch = Watch(descriptor, interest, target)
    let name = Unmanaged.passUnretained(watch).toOpaque()
    watches[name] = watch
    return name
  }

  override func change(_ watch: UnsafeMutableRawPointer?, _ descriptor: Int32, _ interest: DescriptorInterest) {
    if let watch { watches[watch]?.interest = interest }
  }

  override func unwatch(_ watch: UnsafeMutableRawPointer?, _ descriptor: Int32) {
    guard let watch else { return }
    watches.removeValue(forKey: watch)?.target = nil
  }
}
