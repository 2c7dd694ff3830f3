import AsyncModes
import CodecTesting
import Fuzzing
import HTTPCodec
import HTTPServing
import ServerTesting

/// A whole HTTP connection, over a socket that takes as little at a time as the fuzzer likes: requests that are answered
/// at once, later, in pieces or never in HTTP, by a service that may keep the exchange. However the input is cut, the
/// same is sent, and the connection ends in time.
@main enum HTTPServingFuzzer {
  static func main() { fuzz(test) }
}

private func test(_ given: FuzzInput) {
  var input = given
  let seed = input.choice()
  let allowance = Int(input.choice() & 63)
  FuzzInput.check(input.rest, cutBy: seed) { pieces in
    let conversation = Conversation(allowance)
    return conversation.run(pieces)
  }
}

/// Says what came, once the connection has left HTTP.
private final class Echo: ConnectionHandler {
  let connection: Connection

  init(_ connection: Connection) { self.connection = connection }

  func received(_ bytes: inout MutableRawSpan) { connection.write(bytes.bytes) }
  func ended() { connection.close() }
  func closed(_ reason: CloseReason) {}
}

/// Does what the first letter of the path says.
private final class Service: HTTPService, @unchecked Sendable {
  // @unchecked: used by one test at a time.
  private(set) var waiting: [HTTPExchange] = []
  private var last: [HTTPExchange] = []
  private var kept: [HTTPExchange] = []
  private var count = 0

  func begin(_ head: HTTPRequestHead, _ exchange: HTTPExchange) -> HTTPBodyDisposition {
    count += 1
    switch letter(head) {
    case "d":
      answer(exchange, "at the head")
      return .discard
    case "u":
      guard let connection = exchange.detach() else { return .discard }
      connection.write("HTTP/1.1 101 Switching Protocols\r\n\r\n".utf8Span.span.bytes)
      exchange.hand(connection, to: Echo(connection))
      return .detached
    default: return .collect(limit: 16)
    }
  }

  func handle(_ exchange: HTTPExchange, body: [UInt8]) {
    switch letter(exchange.head) {
    case "q":
      let state = exchange.respondNow(status: 200, fields: "".utf8Span.span.bytes, body: body.span.bytes)
      if state == .waiting { exchange.watchAnswer {} }
    case "l": waiting.append(exchange)
    case "n": last.append(exchange)
    case "k":
      kept.append(exchange)
      answer(exchange, "kept")
    case "p":
      guard exchange.begin(status: 200, fields: "".utf8Span.span.bytes, count: 6) else { return }
      exchange.send(SharedBytes(Array("abc".utf8))) { isWanted in
        guard isWanted else { return }
        exchange.send(SharedBytes(Array("def".utf8))) { _ in }
      }
    default: answer(exchange, String(decoding: body, as: UTF8.self))
    }
  }

  /// Answers what waits.
  func answerWaiting() {
    let exchanges = waiting
    waiting = []
    for exchange in exchanges { answer(exchange, "late") }
  }

  /// Has all answered from now on that waits for the client to end its side.
  func hurry() {
    waiting += last
    last = []
  }

  private func answer(_ exchange: HTTPExchange, _ text: String) {
    exchange.respond(status: count % 7 == 6 ? 304 : 200, text: "\(count) \(text)")
    precondition(exchange.isAnswered, "an answer was not taken")
  }

  private func letter(_ head: HTTPRequestHead) -> Character {
    let path = head.string(head.path)
    return path.dropFirst().first ?? "/"
  }
}

/// One connection from its beginning to its end.
private final class Conversation: @unchecked Sendable {
  // @unchecked: used by one test at a time.
  private let executor = ManualExecutor(index: 0)
  private let service = Service()
  private let wire: ManualConnection
  /// Bytes that one write takes.
  private let room: Int

  init(_ allowance: Int) {
    var options = ConnectionOptions()
    options.maxPendingBytes = 1 << 30
    wire = ManualConnection(executor: executor, options: options, remoteAddress: nil, localAddress: nil)
    room = allowance == 0 ? .max : allowance
    wire.room = room
  }

  /// Everything that was sent, but for the dates.
  func run(_ pieces: [[UInt8]]) -> [UInt8] {
    perform { [self] in
      var options = HTTPServingOptions()
      options.maxPipelinedBytes = 64
      wire.start(HTTPConnection(wire, service, options))
    }
    for piece in pieces { perform { [self] in wire.receive(piece) } }
    perform { [self] in wire.didReceiveEnd() }
    // Each of them lets the next request be read.
    for _ in 0...pieces.joined().count / 16 { perform { [self] in service.hurry() } }
    // Longer than any deadline of a connection.
    executor.advance(by: .seconds(3600))
    precondition(wire.isGone, "the connection has not ended")
    executor.stop()
    return Self.withoutDates(wire.sent)
  }

  /// Does something on the executor, and all that follows from it.
  private func perform(_ work: @escaping @Sendable () -> Void) {
    executor.post(work)
    executor.run()
    while !wire.isGone, wire.isAwaitingRoom || !service.waiting.isEmpty {
      executor.post { [self] in
        wire.room = room
        if wire.isAwaitingRoom { wire.didBecomeWritable() }
        service.answerWaiting()
      }
      executor.run()
    }
    service.answerWaiting()
  }

  private static func withoutDates(_ bytes: [UInt8]) -> [UInt8] {
    let name = Array("\r\nDate: ".utf8)
    // `Sun, 06 Nov 1994 08:49:37 GMT`
    let value = 29
    var out: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index...].starts(with: name) {
        index = min(bytes.count, index + name.count + value)
      } else {
        out.append(bytes[index])
        index += 1
      }
    }
    return out
  }
}
