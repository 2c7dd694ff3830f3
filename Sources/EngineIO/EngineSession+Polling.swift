internal import AsyncModes
internal import EngineIOCodec
internal import HTTPServing

/// Long-polling: GETs that fetch packets and POSTs that bring them.
extension EngineSession {
  // MARK: GET

  /// A poll has come.
  func poll(_ request: PollRequest) {
    guard let polling else {
      request.refuse(.badRequest)
      return
    }
    guard polling.pending == nil else {
      request.refuse(status: 400)
      if state == .open { fail(.transportError) }
      return
    }
    if request.query.isBase64 { isBase64 = true }
    if polling.packets.isEmpty { polling.pending = request } else { answer(request, polling) }
    if candidate != nil, isProbed { releaseSoon() }
    if state == .closing, polling.packets.isEmpty { forget() }
  }

  /// The client of a poll has hung up; what waits is kept for the next one.
  func pollAborted(_ request: PollRequest) {
    if polling?.pending === request { polling?.pending = nil }
  }

  /// Answers the poll that waits, if there is one and something to answer it with.
  func releasePoll() {
    guard let polling, let request = polling.pending, !polling.packets.isEmpty else { return }
    polling.pending = nil
    answer(request, polling)
  }

  /// Answers a poll with the packets that wait.
  private func answer(_ request: PollRequest, _ polling: PollingTransport) {
    guard request.isOpen else { return }
    let wasFull = polling.queuedBytes > context.maxOutgoingBytes / 2
    let answer = polling.beginAnswer(context.maxPollPackets, context.maxPayload)
    // What it is encoded in is used again, unless the answer holds it for another executor.
    var payload: [UInt8] = []
    swap(&payload, &context.payload)
    let isBinary = encode(answer, of: polling, into: &payload)
    if request.isAtHome {
      let state = request.respond(payload: payload, isBinary: isBinary)
      if state == .taken { polling.remove(answer) } else { watch(request, state, take(answer, polling)) }
    } else {
      request.forward(payload: payload, isBinary: isBinary, take(answer, polling))
    }
    if payload.capacity <= 4096 {
      payload.removeAll(keepingCapacity: true)
      swap(&payload, &context.payload)
    }
    if wasFull, polling.queuedBytes <= context.maxOutgoingBytes / 2 {
      handler?.drained()
      resumeWriters()
    }
  }

  private func take(_ answer: PollAnswer, _ polling: PollingTransport) -> PollDelivery {
    PollDelivery(session: self, packets: polling.take(answer), number: polling.answers)
  }

  /// Puts packets back if their answer is lost, now or later.
  private func watch(_ request: PollRequest, _ state: HTTPExchange.AnswerState, _ delivery: PollDelivery) {
    if state == .waiting { request.watch(delivery) } else { delivery.putBack() }
  }

  /// A client that is about to leave waits for the answer to its last poll. It gets what there is meanwhile, and is not
  /// answered with nothing again and again.
  private func releaseSoon() {
    guard let polling, polling.pending != nil else { return }
    if polling.mayReleaseAtOnce {
      polling.mayReleaseAtOnce = false
      return polling.releasePending(with: UInt8(ascii: "6"), revision)
    }
    guard polling.release == .none else { return }
    polling.release = executor.schedule(after: PollingTransport.releaseDelay) { [weak self] in
      guard let self, let polling = self.polling else { return }
      polling.release = .none
      if self.candidate != nil, self.isProbed { polling.releasePending(with: UInt8(ascii: "6"), self.revision) }
    }
  }

  /// The connection of a poll was lost before its packets were written: they go out with the next poll.
  func takeBack(_ packets: ArraySlice<PollingTransport.Packet>, _ number: Int) {
    guard let polling, state != .closed else {
      context.counters.lostMessages += packets.count
      // The session has moved to a WebSocket, over which later packets may have gone.
      if state == .open { fail(.transportError) }
      return
    }
    guard polling.answers == number else {
      // Later packets went out already, and the order cannot be kept any more.
      context.counters.lostMessages += packets.count
      fail(.transportError)
      return
    }
    context.counters.requeuedPackets += packets.count
    polling.putBack(packets)
    releasePoll()
  }

  /// - Returns: whether the payload is binary.
  private func encode(_ answer: PollAnswer, of polling: PollingTransport, into body: inout [UInt8]) -> Bool {
    let isBinary = revision == .v3 && !isBase64 && answer.hasBinary
    body.reserveCapacity(answer.cost + 4 * answer.count)
    for index in 0..<answer.count {
      switch polling.packets[index] {
      case .control(let type):
        EngineIOPayload.append(textPacket: [type].span.bytes, revision: revision, asBinaryPayload: isBinary, to: &body)
      case .message(let message):
        message.withPayload { payload in
          if message.isBinary {
            EngineIOPayload.append(
              binary: payload.bytes, revision: revision, asBinaryPayload: isBinary, to: &body)
          } else {
            EngineIOPayload.append(
              textPacket: payload.bytes, revision: revision, asBinaryPayload: isBinary, to: &body)
          }
        }
      }
    }
    return isBinary
  }

  // MARK: POST

  /// The head of a POST has come.
  ///
  /// - Returns: whether it may go on.
  func postBegan() -> Bool {
    guard let polling, state == .open else { return false }
    guard !polling.isPosting else {
      fail(.transportError)
      return false
    }
    polling.isPosting = true
    return true
  }

  /// The POST will not be completed.
  func postAborted() { polling?.isPosting = false }

  /// A POST has come as a whole.
  func post(_ request: PollRequest, body: [UInt8], contentIsBinary: Bool) {
    polling?.isPosting = false
    guard state == .open, polling != nil else {
      request.refuse(.unknownSession)
      return
    }
    var body = body
    if request.query.jsonpIndex != nil, let payload = EngineIOPayload.decodeJSONPForm(body) { body = payload }
    guard revision == .v3 || !contentIsBinary else {
      request.refuse(status: 400)
      fail(.transportError)
      return
    }
    do throws(EngineIOPayloadError) {
      var decoder = try EngineIOPayloadDecoder(
        body.span.bytes, revision: revision, isBinary: contentIsBinary,
        maxPackets: context.maxPostPackets)
      while let packet = try decoder.next(in: body.span.bytes) {
        guard state == .open else { break }
        try receive(packet, in: body)
      }
    } catch {
      request.refuse(status: 400)
      fail(.parseError)
      return
    }
    if hasFailed { request.refuse(status: 400) } else { request.acknowledge() }
  }

  private func receive(_ packet: EngineIOPayloadPacket, in body: [UInt8]) throws(EngineIOPayloadError) {
    switch packet.content {
    case .text: receive(textPacket: body.span.bytes.extracting(packet.range))
    case .binary: receive(binary: body.span.bytes.extracting(packet.range))
    case .base64:
      guard let bytes = EngineIOPayload.decodeBase64(body.span.bytes.extracting(packet.range)) else {
        throw .invalidBase64
      }
      receive(binary: bytes.span.bytes)
    }
  }
}
