extension Connection {
  /// Larger shared buffers are not copied into the executor's arena.
  static let largeWrite = 16 << 10

  /// Writes bytes, which are copied.
  ///
  /// - Returns: whether the connection took them; `false` once it is closed or ended.
  @discardableResult
  public final func write(_ bytes: borrowing RawSpan) -> Bool {
    bytes.withUnsafeBytes { write($0) }
  }

  /// Writes bytes, which are copied.
  ///
  /// - Returns: whether the connection took them; `false` once it is closed or ended.
  @discardableResult
  public final func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
    assert(executor.isCurrent, "a connection is written on its executor")
    guard isOpen else { return false }
    // Under TLS the writes of a turn are encrypted together, whatever waits before them.
    guard pending.isEmpty || secured != nil else {
      pending.append(bytes)
      return checkLimit()
    }
    return extend(by: withExecutor { $0.arena.append(bytes) }, count: bytes.count)
  }

  /// Writes a buffer that other connections may hold too; it is not copied if it is large.
  ///
  /// - Returns: whether the connection took it; `false` once it is closed or ended.
  @discardableResult
  public final func write(_ shared: SharedBytes) -> Bool {
    assert(executor.isCurrent, "a connection is written on its executor")
    guard isOpen else { return false }
    if shared.count > Self.largeWrite {
      flush()
      guard isOpen else { return false }
      if let secured {
        shared.storage.withUnsafeBytes { sendEncrypted($0, secured) }
        return isOpen
      }
      pending.append(shared)
      if !isAwaitingWritable { drainPending() }
      return checkLimit()
    }
    guard pending.isEmpty || secured != nil else {
      pending.append(shared)
      return checkLimit()
    }
    return extend(by: withExecutor { $0.arena.append(shared) }, count: shared.count)
  }

  /// Adds a range of the arena to what this connection has written in this turn.
  private func extend(by offset: Int, count: Int) -> Bool {
    if turnCount == 0 {
      turnOffset = UInt32(truncatingIfNeeded: offset)
      turnCount = UInt32(truncatingIfNeeded: count)
      markDirty()
    } else if Int(turnOffset) + Int(turnCount) == offset {
      turnCount += UInt32(truncatingIfNeeded: count)
    } else {
      splice(offset, count)
    }
    withExecutor { if $0.arena.count > TurnArena.flushThreshold { $0.flushDirtyConnections() } }
    return isOpen
  }

  /// Something else was written between: brings the two ranges together behind the end of the arena.
  private func splice(_ offset: Int, _ count: Int) {
    let old = Int(turnOffset)..<Int(turnOffset) + Int(turnCount)
    let copy = { (range: Range<Int>) -> Int in
      let bytes = Array(self.executor.arena.bytes[range])
      return bytes.withUnsafeBytes { self.executor.arena.append($0) }
    }
    if old.count <= 4096 {
      turnOffset = UInt32(truncatingIfNeeded: copy(old))
      _ = copy(offset..<offset + count)
      turnCount += UInt32(truncatingIfNeeded: count)
      return
    }
    flush()
    guard isOpen else { return }
    if pending.isEmpty || secured != nil {
      turnOffset = UInt32(truncatingIfNeeded: offset)
      turnCount = UInt32(truncatingIfNeeded: count)
      markDirty()
    } else {
      pending.append(UnsafeRawBufferPointer(rebasing: executor.arena.bytes[offset..<offset + count]))
    }
  }

  private func markDirty() {
    guard !isDirty else { return }
    isDirty = true
    withExecutor { $0.dirty.append(self) }
  }

  /// Hands what was written in this turn to the kernel now.
  public final func flush() {
    guard turnCount > 0, state != .closed else { return }
    let range = Int(turnOffset)..<Int(turnOffset) + Int(turnCount)
    turnCount = 0
    let bytes = UnsafeRawBufferPointer(rebasing: executor.arena.bytes[range])
    if let secured { return sendEncrypted(bytes, secured) }
    do {
      let written = try transmit(bytes)
      if executor.turnTime > lastActivity { lastActivity = executor.turnTime }
      if written < bytes.count {
        pending.append(UnsafeRawBufferPointer(rebasing: bytes[written...]))
        awaitWritable()
        _ = checkLimit()
      }
    } catch {
      didFail(error)
      return
    }
    finishIfWritten()
  }

  func checkLimit() -> Bool {
    guard waitingBytes > options.maxPendingBytes else { return isOpen }
    finish(.outgoingLimit, abort: true)
    return false
  }

  func awaitWritable() {
    guard !isAwaitingWritable else { return }
    isAwaitingWritable = true
    setAwaitingWritable(true)
  }

  func drainPending() {
    while !pending.isEmpty {
      do {
        let offered = try pending.withFirst { bytes throws(SystemError) in
          let written = try transmit(bytes)
          return written < bytes.count ? -written - 1 : written
        }
        pending.removeFirst(offered < 0 ? -(offered + 1) : offered)
        if executor.turnTime > lastActivity { lastActivity = executor.turnTime }
        if offered < 0 {
          awaitWritable()
          return
        }
      } catch {
        didFail(error)
        return
      }
    }
    if isAwaitingWritable {
      isAwaitingWritable = false
      setAwaitingWritable(false)
      if state == .open { handler?.drained() }
    }
    finishIfWritten()
  }
}

extension IOExecutor {
  /// Flushes every connection that was written in this turn.
  public final func flushDirtyConnections() {
    guard !isFlushing else { return }
    isFlushing = true
    // Flushing may close a connection, whose handler may write to others.
    var rounds = 0
    while !dirty.isEmpty, rounds < 16 {
      swap(&dirty, &flushing)
      // Nobody else touches the list meanwhile, so neither it nor what it holds needs a further reference.
      for index in flushing.indices {
        Unmanaged.passUnretained(flushing[index])._withUnsafeGuaranteedRef { connection in
          connection.isDirty = false
          connection.flush()
        }
      }
      flushing.removeAll(keepingCapacity: flushing.capacity <= 4096)
      rounds += 1
    }
    isFlushing = false
    if dirty.isEmpty { arena.reset() }
  }
}
