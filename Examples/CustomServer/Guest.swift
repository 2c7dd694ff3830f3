import AsyncModes

/// One connection: cuts what comes into lines and does what they say. Runs on the executor of the connection.
final class Guest: ConnectionHandler {
  let connection: Connection
  let house: House
  private let hall: Hall
  private var lines: LineBuffer
  /// Lines that may still be handled before the next second begins.
  private var allowance: Int
  private var second: MonotonicInstant
  private var silence = TimerID.none
  private var hasLeft = false

  /// The name, once one was given.
  private(set) var name: String?
  /// Where the guest is.
  private(set) var room = "lobby"
  /// What the guest wants to be reminded of; one thing at a time.
  var reminder: BackgroundTask<Void>?

  init(_ connection: Connection, _ hall: Hall, _ house: House) {
    self.connection = connection
    self.hall = hall
    self.house = house
    lines = LineBuffer(maxLength: house.limits.maxLine)
    allowance = house.limits.maxRate
    second = connection.executor.now
    say("Welcome. What is your name?")
    listen()
  }

  /// Sends a line to this guest. What is written in one turn of the executor leaves in one system call.
  func say(_ line: String) {
    var line = line + "\n"
    line.withUTF8 { _ = connection.write(UnsafeRawBufferPointer($0)) }
  }

  // MARK: From the connection

  func received(_ bytes: inout MutableRawSpan) {
    lines.append(bytes.bytes)
    handleLines()
  }

  func closed(_ reason: CloseReason) {
    connection.executor.cancel(silence)
    leave(reason == .outgoingLimit ? "was too slow" : "has left")
  }

  // MARK: Lines

  /// Handles what has come, as fast as one guest is allowed to talk. Who talks faster is not read until the second is
  /// over: the bytes stay in the kernel, and the peer comes to feel it.
  private func handleLines() {
    let executor = connection.executor
    while connection.isOpen {
      if allowance == 0 {
        let pause = executor.now.duration(to: second.advanced(by: .seconds(1)))
        if pause > .zero {
          connection.pauseReading()
          _ = executor.schedule(after: pause) { [weak self] in
            self?.connection.resumeReading()
            self?.handleLines()
          }
          return
        }
        allowance = house.limits.maxRate
        second = executor.now
      }
      guard let line = lines.next() else { return }
      allowance -= 1
      listen()
      switch line {
      case .tooLong: say("! A line may have \(house.limits.maxLine) bytes at most.")
      case .text(let text): if text.contains(where: { !$0.isWhitespace }) { handle(text) }
      }
    }
  }

  private func handle(_ text: String) {
    if text.hasPrefix("/") {
      obey(text)
    } else if let name {
      house.tell(room, "\(name): \(text)", except: self)
    } else {
      rename(text)
    }
  }

  /// Starts to wait for the next line.
  private func listen() {
    connection.executor.cancel(silence)
    silence = connection.executor.schedule(after: .seconds(house.limits.idleTimeout)) { [weak self] in
      guard let self else { return }
      say("! You have said nothing for \(house.limits.idleTimeout) s. Goodbye.")
      quit("fell asleep")
    }
  }

  // MARK: Coming and going

  /// Takes another name, or the first one.
  func rename(_ text: String) {
    let wanted = text.split(whereSeparator: \.isWhitespace).joined(separator: "-")
    guard (1...24).contains(wanted.count), !wanted.hasPrefix("/") else {
      return say("! A name has 1 to 24 characters. What is your name?")
    }
    guard house.claim(wanted, insteadOf: name, in: room) else {
      return say("! Somebody is called \(wanted) already. What is your name?")
    }
    let old = name
    name = wanted
    if let old {
      house.tell(room, "* \(old) is now \(wanted)")
    } else {
      say("* Hello \(wanted). /help tells what you can do.")
      enter(room)
    }
  }

  /// Goes to another room.
  func move(to room: String) {
    guard let name, room != self.room else { return }
    hall.leave(self, self.room)
    house.tell(self.room, "* \(name) went to \(room)")
    _ = house.claim(name, insteadOf: name, in: room)
    enter(room)
  }

  private func enter(_ room: String) {
    self.room = room
    hall.enter(self, room)
    house.tell(room, "* \(name ?? "Somebody") has come to \(room)")
  }

  /// Ends the connection once everything is written.
  func quit(_ how: String) {
    leave(how)
    connection.close()
  }

  private func leave(_ how: String) {
    guard !hasLeft else { return }
    hasLeft = true
    reminder?.cancel()
    guard let name else { return }
    hall.leave(self, room)
    house.release(name)
    house.tell(room, "* \(name) \(how)")
  }
}
