public import AsyncModes
internal import EngineIOCodec
internal import HTTPServing

/// Heartbeats: the server asks in revision 4, the client in revision 3.
extension EngineSession: TimerTarget {
  func setHeartbeat(after delay: Duration) {
    executor.cancel(heartbeat)
    heartbeat = executor.schedule(after: delay, self)
  }

  func startHeartbeat() {
    let configuration = context.server.configuration
    // In revision 3 there is nothing to do but to miss the client's pings.
    guard configuration.monitorsClients || revision == .v4 else { return }
    setHeartbeat(
      after: revision == .v4
        ? configuration.pingInterval : configuration.pingInterval + configuration.pingTimeout)
  }

  /// The time for the next heartbeat, or for its answer, has come.
  public func timerFired() {
    heartbeat = .none
    switch state {
    case .closed: return
    case .closing:
      forget()
      return
    case .open: break
    }
    guard context.server.configuration.monitorsClients else { return pingUnmonitored() }
    if revision == .v3 || isAwaitingPong {
      // The pong may wait behind other packets: who sends some has as long again, once. And a client that is not read
      // because its handlers are behind cannot be heard.
      let isUnheard = webSocket?.connection.isReadingPaused == true
      if isUnheard || (hasReceived && !isLate) {
        isLate = !isUnheard
        setHeartbeat(after: context.server.configuration.pingTimeout)
        return
      }
      context.counters.pingTimeouts += 1
      let webSocket = webSocket
      end(.pingTimeout)
      webSocket?.connection.abort()
      return
    }
    isAwaitingPong = true
    hasReceived = false
    isLate = false
    let ping = EngineContext.ping
    send(textPacket: ping.span.bytes)
    setHeartbeat(after: context.server.configuration.pingTimeout)
  }

  /// Sends a ping whose answer nobody misses, unless the last one may still wait for a poll.
  private func pingUnmonitored() {
    if !isAwaitingPong || webSocket != nil {
      isAwaitingPong = true
      let ping = EngineContext.ping
      send(textPacket: ping.span.bytes)
    }
    guard state == .open else { return }
    setHeartbeat(after: context.server.configuration.pingInterval)
  }

  /// The client has answered (revision 4).
  func pongReceived() {
    guard isAwaitingPong else { return }
    isAwaitingPong = false
    guard context.server.configuration.monitorsClients else { return }
    setHeartbeat(after: context.server.configuration.pingInterval)
  }
}
