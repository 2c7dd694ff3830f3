internal import AsyncModes
internal import HTTPCodec

/// Answers, which keep the connection, end it, or are watched until the system has taken them.
extension HTTPConnection {
  /// Whether there may be a further request: the peer has not ended its side, or has sent more before.
  private var mayGoOn: Bool { !isPeerEnded || hasMoreInput || !backlog.isEmpty }

  /// Writes an answer as a whole.
  func respond(_ exchange: HTTPExchange, status: Int, fields: borrowing RawSpan, body: borrowing RawSpan) {
    let form = exchange.form
    let keepsAlive = form.isKeepAlive && mayGoOn && connection.isOpen
    let date = DateField.now
    HTTPResponseEncoder.withHead(
      status: status, fields: fields, date: date.span.bytes, bodyCount: body.byteCount, to: form, keepsAlive: keepsAlive
    ) { connection.write($0) }
    if HTTPResponseEncoder.hasBody(status: status, to: form) { connection.write(body) }
    finish(exchange, status, body.byteCount, keepsAlive)
  }

  /// The answer is written: goes on with the next request.
  private func finish(_ exchange: HTTPExchange, _ status: Int, _ bodyBytes: Int, _ keepsAlive: Bool) {
    log(exchange, status, bodyBytes)
    guard keepsAlive else {
      connection.close()
      return
    }
    guard isRequestComplete else { return }
    leave()
    armDeadline()
    if !backlog.isEmpty {
      // Answered within `received` or later: what was kept is decoded in a job of its own, so the stack stays flat.
      connection.executor.post { [self] in resume() }
    }
  }

  /// Begins an answer whose content comes in pieces; says whether it is wanted.
  func begin(_ exchange: HTTPExchange, status: Int, fields: borrowing RawSpan, count: Int) -> Bool {
    let form = exchange.form
    let keepsAlive = form.isKeepAlive && mayGoOn && connection.isOpen
    let date = DateField.now
    HTTPResponseEncoder.withHead(
      status: status, fields: fields, date: date.span.bytes, bodyCount: count, to: form, keepsAlive: keepsAlive
    ) { connection.write($0) }
    guard count > 0, HTTPResponseEncoder.hasBody(status: status, to: form) else {
      finish(exchange, status, 0, keepsAlive)
      connection.flush()
      return false
    }
    content = Content(status: status, keepsAlive: keepsAlive, count: count)
    return true
  }

  /// Sends a piece of the content that was begun.
  func send(_ piece: SharedBytes, _ then: @escaping (Bool) -> Void) {
    guard var content, content.waiter == nil, let exchange, connection.isOpen else { return then(false) }
    precondition(piece.count <= content.count - content.sent, "more content is sent than was announced")
    content.sent += piece.count
    connection.write(piece)
    connection.flush()
    if content.sent == content.count {
      self.content = nil
      then(connection.isOpen)
      finish(exchange, content.status, content.count, content.keepsAlive && mayGoOn)
      connection.flush()
    } else if connection.pendingBytes > 0, connection.isOpen {
      content.waiter = then
      self.content = content
      connection.setDeadline(after: options.keepAliveTimeout)
    } else {
      self.content = content
      then(connection.isOpen)
    }
  }

  /// Writes the line of the access log, if there is one.
  @inline(__always)
  func log(_ exchange: HTTPExchange, _ status: Int, _ bodyBytes: Int?) {
    guard let entry = exchange.logEntry else { return }
    options.accessLog?.write(entry, status: status, bodyBytes: bodyBytes)
  }

  /// Sends the answer that was just given, and says what has become of it.
  func flushAnswer() -> HTTPExchange.AnswerState {
    connection.flush()
    if let closeReason { return closeReason.losesAnswers ? .lost : .taken }
    // A connection that has just failed is about to say so.
    guard connection.pendingBytes == 0, connection.currentHandler === self else { return .waiting }
    answerLost = nil
    return .taken
  }

  /// Calls `lost` if the connection ends before the answer that was just given is written.
  func watchAnswer(_ lost: @escaping () -> Void) {
    if let earlier = answerLost {
      answerLost = {
        earlier()
        lost()
      }
    } else {
      answerLost = lost
    }
  }

  /// Everything is written.
  public func drained() {
    answerLost = nil
    guard let waiter = content?.waiter else { return }
    content?.waiter = nil
    connection.setDeadline(after: nil)
    waiter(true)
  }

  func refuse(_ error: HTTPError) {
    if let exchange, !exchange.isAnswered {
      refuse(exchange, status: error.status)
      return
    }
    if isExchanging {
      // What is wrong lies in the content of a request that has its answer: a second one would confuse the client.
      connection.close()
      return
    }
    var out: [UInt8] = []
    let date = DateField.now
    HTTPResponseEncoder.appendError(status: error.status, date: date.span.bytes, message: error.message, into: &out)
    connection.write(out.span.bytes)
    options.accessLog?.write(malformedFrom: connection.remoteAddress, status: error.status)
    connection.close()
  }

  func refuse(_ exchange: HTTPExchange, status: Int) {
    let context = exchange.context
    exchange.close()
    context?.aborted()
    var out: [UInt8] = []
    let date = DateField.now
    HTTPResponseEncoder.appendError(status: status, date: date.span.bytes, message: "", into: &out)
    connection.write(out.span.bytes)
    log(exchange, status, 0)
    connection.close()
  }
}
