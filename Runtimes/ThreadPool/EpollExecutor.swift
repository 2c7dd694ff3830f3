internal import AsyncModes
internal import CEpoll
internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A thread that waits on epoll and serves its connections; user code runs elsewhere.
final class EpollExecutor: PollingExecutor, @unchecked Sendable {
  // @unchecked: everything mutable is confined to the thread, but for `isEnding`, which is atomic.

  private let epoll: Int32
  private let wakeDescriptor: Int32
  private let isEnding = Atomic(false)
  private var ended: CheckedContinuation<Void, Never>?
  /// Watches that ended in this round of events: their memory is kept until the round is over.
  private var retired: [Watch] = []

  /// Whom a descriptor's events go to.
  private final class Watch {
    var target: (any DescriptorTarget)?
    /// epoll tells of errors and hang-ups even if nothing is of interest, so a silent descriptor is taken out.
    var isSilent: Bool
    init(_ target: any DescriptorTarget, isSilent: Bool) {
      self.target = target
      self.isSilent = isSilent
    }
  }

  private static let eventsPerWait = 256

  init(at index: Int) throws(AsyncModeError) {
    epoll = cepoll_create()
    wakeDescriptor = cepoll_eventfd()
    super.init(index: index)
    guard epoll >= 0, wakeDescriptor >= 0, cepoll_add(epoll, wakeDescriptor, 1, 0, nil) == 0 else {
      throw AsyncModeError(.unavailable, "the system gives no descriptor for epoll; raise the limit of open files")
    }
    guard startThread(name: "poller-\(index)", { [self] in runLoop() }) else {
      throw AsyncModeError(.unavailable, "the system gives no thread for a poller")
    }
  }

  deinit {
    close(epoll)
    close(wakeDescriptor)
  }

  private func runLoop() {
    enter {
      let events = UnsafeMutablePointer<cepoll_event>.allocate(capacity: Self.eventsPerWait)
      defer { events.deallocate() }
      var wait = runTurn()
      while !isEnding.load(ordering: .acquiring) {
        let count = cepoll_wait(epoll, events, Int32(Self.eventsPerWait), milliseconds(wait))
        beginTurn()
        for index in 0..<max(0, Int(count)) {
          let event = events[index]
          guard let data = event.data else {
            cepoll_drain(wakeDescriptor)
            continue
          }
          Unmanaged<Watch>.fromOpaque(data).takeUnretainedValue().target?
            .descriptorReady(isReadable: event.readable != 0, isWritable: event.writable != 0)
        }
        retired.removeAll()
        wait = runTurn()
      }
    }
    stop()
    ended?.resume()
  }

  /// Rounded up, so that a timer never fires early and the thread does not spin.
  private func milliseconds(_ wait: Duration?) -> Int32 {
    guard let wait else { return -1 }
    return Int32(clamping: (wait.clampedNanoseconds + 999_999) / 1_000_000)
  }

  override func wake() { cepoll_signal(wakeDescriptor) }

  /// Ends the thread and waits for that, unless it is the calling one.
  func end() async {
    if isCurrent {
      isEnding.store(true, ordering: .releasing)
      return
    }
    await withCheckedContinuation { continuation in
      post { [self] in
        ended = continuation
        isEnding.store(true, ordering: .releasing)
      }
    }
  }

  /// Ends the thread without waiting for it.
  func endSoon() { post { [self] in isEnding.store(true, ordering: .releasing) } }

  override func watch(
    _ descriptor: Int32, _ interest: DescriptorInterest, _ target: any DescriptorTarget
  ) throws(SystemError) -> UnsafeMutableRawPointer? {
    let watch = Unmanaged.passRetained(Watch(target, isSilent: interest.isEmpty))
    guard !interest.isEmpty else { return watch.toOpaque() }
    let error = add(watch.toOpaque(), descriptor, interest)
    guard error == 0 else {
      watch.release()
      throw SystemError(error)
    }
    return watch.toOpaque()
  }

  private func add(_ watch: UnsafeMutableRawPointer, _ descriptor: Int32, _ interest: DescriptorInterest) -> Int32 {
    cepoll_add(epoll, descriptor, interest.contains(.read) ? 1 : 0, interest.contains(.write) ? 1 : 0, watch)
  }

  override func change(_ watch: UnsafeMutableRawPointer?, _ descriptor: Int32, _ interest: DescriptorInterest) {
    guard let watch else { return }
    let object = Unmanaged<Watch>.fromOpaque(watch).takeUnretainedValue()
    if interest.isEmpty {
      cepoll_remove(epoll, descriptor)
    } else if object.isSilent {
      let error = add(watch, descriptor, interest)
      // The system has no memory left to watch it: the owner finds out by trying.
      if error != 0 {
        post { [box = Confined(object)] in box.value.target?.descriptorReady(isReadable: true, isWritable: true) }
        return
      }
    } else {
      _ = cepoll_change(
        epoll, descriptor, interest.contains(.read) ? 1 : 0, interest.contains(.write) ? 1 : 0, watch)
    }
    object.isSilent = interest.isEmpty
  }

  override func unwatch(_ watch: UnsafeMutableRawPointer?, _ descriptor: Int32) {
    guard let watch else { return }
    let object = Unmanaged<Watch>.fromOpaque(watch).takeRetainedValue()
    if !object.isSilent { cepoll_remove(epoll, descriptor) }
    object.target = nil
    retired.append(object)
  }
}
