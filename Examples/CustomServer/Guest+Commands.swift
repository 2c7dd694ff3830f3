import AsyncModes

extension Guest {
  /// Does what a line says that begins with a slash.
  func obey(_ line: String) {
    let words = line.split(separator: " ", maxSplits: 2).map(String.init)
    let first = words.count > 1 ? words[1] : ""
    switch (words[0], name) {
    case ("/help", _): help()
    case ("/quit", _): quit("has left")
    case ("/name", _): rename(first)
    case (_, nil): say("! Say your name first.")
    case ("/join", _):
      (1...24).contains(first.count) ? move(to: first) : say("! A room has a name of 1 to 24 characters: /join garden")
    case ("/who", _): say("* In \(room): \(house.names(in: room).joined(separator: ", "))")
    case ("/rooms", _):
      for (room, count) in house.rooms().sorted(by: { $0.key < $1.key }) { say("* \(room): \(count)") }
    case ("/remind", _):
      guard let seconds = Int(first), (1...86_400).contains(seconds), words.count == 3 else {
        return say("! From 1 s to a day: /remind 60 tea")
      }
      remind(words[2], after: .seconds(seconds))
    default: say("! There is no \(words[0]). /help tells what you can do.")
    }
  }

  private func help() {
    say(
      """
      * /name NAME            be called so
      * /join ROOM            go to a room
      * /who, /rooms          who is here, and what rooms there are
      * /remind SECONDS TEXT  be told something later
      * /quit                 leave
      """)
  }

  /// Asynchronous code beside the connection: it runs where the runtime runs user code, and sleeps without a thread.
  private func remind(_ text: String, after delay: Duration) {
    reminder?.cancel()
    let connection = connection
    let mode = house.mode
    let bytes = SharedBytes(Array("* Remember: \(text)\n".utf8))
    reminder = mode.startBackgroundTask(name: "reminder") {
      try await mode.sleep(for: delay)
      // Back to where the connection may be touched.
      connection.executor.execute { connection.write(bytes) }
    }
    say("* I will remind you in \(delay.components.seconds) s.")
  }
}
