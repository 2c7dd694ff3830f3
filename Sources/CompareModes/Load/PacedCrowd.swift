import AsyncModes
import CCompareModes

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Events come at a fixed rate, whether or not earlier ones are answered (open loop), and are spread over the clients in
/// turn. Time is counted from the moment at which an event was due, so waiting counts, also that of the load itself.
final class PacedCrowd: Crowd, DescriptorTarget, @unchecked Sendable {
  private static let event = SocketClient.frame("421[\"echo\",{\"d\":\"\(String(repeating: "x", count: 32))\"}]")

  private let interval: Double
  private var timer: Int32 = -1
  private var watch: UnsafeMutableRawPointer?
  private var start: UInt64 = 0
  private var sentCount = 0
  /// When the unanswered events of each client were due.
  private var due: [Queue] = []

  /// Events of one client that wait for their answer, in order.
  private struct Queue {
    var times: [UInt64] = []
    var head = 0
  }
  /// More unanswered events than this, and the server does not stand the rate.
  private static let maxWaiting = 1_000_000
  private var waiting = 0

  /// Creates the crowd; `rate` is the number of events a second.
  init(_ load: LoadGenerator, rate: Double) {
    interval = 1e9 / rate
    super.init(load)
  }

  /// That the load is busy says nothing here: it waits for each event's time. It must have kept the rate.
  override func limit(of result: Tally.Result, _ server: RunningServer) -> String? {
    let wanted = 1e9 / interval
    guard result.rate < 0.95 * wanted else { return nil }
    return server.limit(of: result).map { "\($0), and made \(Int(result.rate)) of \(Int(wanted)) events a second" }
  }

  override func begin() {
    guard let poller = load.executor as? PollingExecutor else {
      return tally.fail("the runtime of the load cannot watch a timer")
    }
    due = Array(repeating: Queue(), count: clients.count)
    timer = compare_modes_timer()
    do { watch = try poller.watch(timer, .read, self) } catch {
      return tally.fail("the system gives no timer (errno \(error.number))")
    }
    start = now.nanoseconds
    arm()
  }

  private func time(of event: Int) -> UInt64 { start + UInt64(Double(event) * interval) }

  private func arm() { compare_modes_timer_set(timer, time(of: sentCount)) }

  func descriptorReady(isReadable: Bool, isWritable: Bool) {
    var expirations: UInt64 = 0
    _ = read(timer, &expirations, 8)
    guard !isOver else { return end() }
    let now = now.nanoseconds
    while time(of: sentCount) <= now {
      let index = sentCount % clients.count
      due[index].times.append(time(of: sentCount))
      clients[index].connection.write(Self.event)
      sentCount += 1
      waiting += 1
    }
    if waiting > Self.maxWaiting { tally.fail("the server does not stand the rate") }
    arm()
  }

  private var places: [ObjectIdentifier: Int] = [:]

  override func isReady(_ client: SocketClient) {
    places[ObjectIdentifier(client)] = clients.count
    super.isReady(client)
  }

  override func received(_ packet: UnsafeRawBufferPointer, _ client: SocketClient) {
    guard packet.isAcknowledgement, !isOver, let index = places[ObjectIdentifier(client)],
      due[index].head < due[index].times.count
    else { return }
    let time = due[index].times[due[index].head]
    due[index].head += 1
    waiting -= 1
    if due[index].head == due[index].times.count {
      due[index].times.removeAll(keepingCapacity: true)
      due[index].head = 0
    }
    tally.add(since: MonotonicInstant(nanoseconds: time), at: now)
  }

  /// Gives the timer back; to be called on the executor when the run is over.
  func end() {
    guard timer >= 0 else { return }
    (load.executor as? PollingExecutor)?.unwatch(watch, timer)
    close(timer)
    timer = -1
  }
}
