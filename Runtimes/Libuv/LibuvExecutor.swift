#if Libuv
  internal import AsyncModes
  internal import CLibuv
  internal import Synchronization

  /// One event loop of libuv, on a thread of its own.
  ///
  /// ```
  ///   wait for I/O ─► uv_poll callbacks ─► uv_check: jobs, timers, flush ─┐
  ///        ▲                                                              │
  ///        └──────── uv_timer for the next deadline, uv_idle if busy ◄────┘
  /// ```
  final class LibuvExecutor: PollingExecutor, @unchecked Sendable {
    // @unchecked: the handles are touched on the loop's thread only, but for `uv_async_send`, which `isWakeable` guards.

    private let uv: clibuv_table
    private let loop = UnsafeMutablePointer<uv_loop_t>.allocate(capacity: 1)
    private let async = UnsafeMutablePointer<uv_async_t>.allocate(capacity: 1)
    private let timer = UnsafeMutablePointer<uv_timer_t>.allocate(capacity: 1)
    private let check = UnsafeMutablePointer<uv_check_t>.allocate(capacity: 1)
    private let idle = UnsafeMutablePointer<uv_idle_t>.allocate(capacity: 1)
    private var isIdling = false
    private var isTurnBegun = false
    private var armed: Duration?
    private var isEnding = false
    private var ended: CheckedContinuation<Void, Never>?
    /// libuv ends the process if `uv_async_send` meets a handle that is closed, so no wake-up may overlap the closing.
    private let isWakeable = Mutex(true)

    init(at index: Int) throws(AsyncModeError) {
      guard let table = clibuv_load() else {
        throw AsyncModeError(.unavailable, "libuv cannot be loaded: \(String(cString: clibuv_error()))")
      }
      uv = table.pointee
      super.init(index: index)
      try check(uv.uv_loop_init(loop))
      let context = Unmanaged.passUnretained(self).toOpaque()
      do throws(AsyncModeError) {
        try check(
          uv.uv_async_init(loop, async) { handle in LibuvExecutor.with(handle?.pointee.data) { $0.beginTurnOnce() } })
      } catch {
        _ = uv.uv_loop_close(loop)
        throw error
      }
      _ = uv.uv_timer_init(loop, timer)
      _ = uv.uv_check_init(loop, check)
      _ = uv.uv_idle_init(loop, idle)
      async.pointee.data = context
      timer.pointee.data = context
      check.pointee.data = context
      _ = uv.uv_check_start(check) { handle in LibuvExecutor.with(handle?.pointee.data) { $0.turn() } }
      guard startThread(name: "libuv-\(index)", { [self] in runLoop() }) else {
        closeHandles()
        _ = uv.uv_run(loop, UV_RUN_DEFAULT)
        _ = uv.uv_loop_close(loop)
        throw AsyncModeError(.unavailable, "the system gives no thread for a loop")
      }
    }

    private func check(_ result: Int32) throws(AsyncModeError) {
      guard result != 0 else { return }
      let message = uv.uv_strerror(result).map { String(cString: $0) } ?? "error \(result)"
      throw AsyncModeError(.unavailable, "libuv cannot make a loop: \(message)", errorNumber: -result)
    }

    deinit {
      loop.deallocate()
      async.deallocate()
      timer.deallocate()
      check.deallocate()
      idle.deallocate()
    }

    /// Calls a closure with the executor of a handle. The loop runs on the executor's thread, which holds it.
    private static func with(_ data: UnsafeMutableRawPointer?, _ body: (LibuvExecutor) -> Void) {
      guard let data else { return }
      Unmanaged<LibuvExecutor>.fromOpaque(data)._withUnsafeGuaranteedRef(body)
    }

    // MARK: The loop

    private func runLoop() {
      enter {
        // What was posted before the thread ran is found in the first turn.
        turn()
        _ = uv.uv_run(loop, UV_RUN_DEFAULT)
      }
      _ = uv.uv_loop_close(loop)
      stop()
      ended?.resume()
    }

    fileprivate func beginTurnOnce() {
      guard !isTurnBegun else { return }
      isTurnBegun = true
      beginTurn()
    }

    private func turn() {
      isTurnBegun = false
      guard !isEnding else { return }
      let wait = runTurn()
      setIdling(wait == .zero)
      if let wait, wait > .zero { arm(wait) } else if armed != nil { disarm() }
    }

    /// An idle handle keeps the loop from waiting.
    private func setIdling(_ isOn: Bool) {
      guard isOn != isIdling else { return }
      isIdling = isOn
      if isOn { _ = uv.uv_idle_start(idle) { _ in } } else { _ = uv.uv_idle_stop(idle) }
    }

    /// libuv counts in milliseconds: rounded up, so that a timer never fires early and the loop does not spin.
    private func arm(_ wait: Duration) {
      armed = wait
      uv.uv_update_time(loop)
      // A timer may be due before the loop waits: then nothing but this keeps it from waiting without a limit.
      _ = uv.uv_timer_start(
        timer, { handle in LibuvExecutor.with(handle?.pointee.data) { $0.setIdling(true) } },
        UInt64((wait.clampedNanoseconds + 999_999) / 1_000_000), 0)
    }

    private func disarm() {
      armed = nil
      _ = uv.uv_timer_stop(timer)
    }

    override func wake() {
      isWakeable.withLock { isWakeable in
        // A loop that ends looks at its jobs once more when it has ended.
        if isWakeable { _ = uv.uv_async_send(async) }
      }
    }

    /// Ends the thread and waits for that, unless it is the calling one.
    func end() async {
      if isCurrent {
        closeHandles()
        return
      }
      await withCheckedContinuation { continuation in
        post { [self] in
          ended = continuation
          closeHandles()
        }
      }
    }

    /// Ends the thread without waiting for it.
    func endSoon() { post { [self] in closeHandles() } }

    private func closeHandles() {
      guard !isEnding else { return }
      isEnding = true
      isWakeable.withLock { $0 = false }
      for handle in [UnsafeMutableRawPointer(async), .init(timer), .init(check), .init(idle)] {
        uv.uv_close(clibuv_handle(handle), nil)
      }
    }

    // MARK: Descriptors

    override func watch(
      _ descriptor: Int32, _ interest: DescriptorInterest, _ target: any DescriptorTarget
    ) throws(SystemError) -> UnsafeMutableRawPointer? {
      let poll = UnsafeMutablePointer<uv_poll_t>.allocate(capacity: 1)
      let result = uv.uv_poll_init_socket(loop, poll, descriptor)
      guard result == 0 else {
        poll.deallocate()
        throw SystemError(-result)
      }
      poll.pointee.data = Unmanaged.passRetained(Watch(target, self)).toOpaque()
      start(poll, interest)
      return UnsafeMutableRawPointer(poll)
    }

    fileprivate func start(_ poll: UnsafeMutablePointer<uv_poll_t>, _ interest: DescriptorInterest) {
      if let data = poll.pointee.data { Unmanaged<Watch>.fromOpaque(data).takeUnretainedValue().interest = interest }
      var events: UInt32 = 0
      if interest.contains(.read) { events |= UV_READABLE.rawValue }
      if interest.contains(.write) { events |= UV_WRITABLE.rawValue }
      guard events != 0 else {
        _ = uv.uv_poll_stop(poll)
        return
      }
      _ = uv.uv_poll_start(poll, Int32(events)) { poll, status, events in
        guard let poll, let data = poll.pointee.data else { return }
        Unmanaged<Watch>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.ready(poll, status, UInt32(events)) }
      }
    }

    override func change(_ watch: UnsafeMutableRawPointer?, _ descriptor: Int32, _ interest: DescriptorInterest) {
      guard let watch else { return }
      start(watch.assumingMemoryBound(to: uv_poll_t.self), interest)
    }

    override func unwatch(_ watch: UnsafeMutableRawPointer?, _ descriptor: Int32) {
      guard let watch else { return }
      let poll = watch.assumingMemoryBound(to: uv_poll_t.self)
      // Closing the handle takes the descriptor out of the loop at once, so it may be closed, too.
      if let data = poll.pointee.data { Unmanaged<Watch>.fromOpaque(data).takeUnretainedValue().isClosed = true }
      uv.uv_close(clibuv_handle(watch)) { handle in
        guard let handle else { return }
        if let data = handle.pointee.data { Unmanaged<Watch>.fromOpaque(data).release() }
        UnsafeMutableRawPointer(handle).deallocate()
      }
    }

    /// Whom a polling handle tells.
    private final class Watch {
      private let target: any DescriptorTarget
      var interest: DescriptorInterest = []
      /// Whether the handle is being closed: nobody is told any more.
      var isClosed = false
      /// Unmanaged: the loop that calls runs on the executor's own thread, which holds it.
      private let executor: Unmanaged<LibuvExecutor>

      init(_ target: any DescriptorTarget, _ executor: LibuvExecutor) {
        self.target = target
        self.executor = .passUnretained(executor)
      }

      func ready(_ poll: UnsafeMutablePointer<uv_poll_t>, _ status: Int32, _ events: UInt32) {
        guard !isClosed else { return }
        executor._withUnsafeGuaranteedRef { $0.beginTurnOnce() }
        let isBroken = status < 0
        target.descriptorReady(
          isReadable: isBroken || events & UV_READABLE.rawValue != 0,
          isWritable: isBroken || events & UV_WRITABLE.rawValue != 0)
        // libuv stops a handle whose socket is broken, although bytes that came before may still be there to read.
        if isBroken, !isClosed { executor._withUnsafeGuaranteedRef { $0.start(poll, interest) } }
      }
    }
  }
#endif
