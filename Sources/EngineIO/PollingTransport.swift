internal import AsyncModes
internal import EngineIOCodec
internal import HTTPServing

/// Packets that were taken for the answer to a poll.
struct PollDelivery: Sendable {
  let session: EngineSession
  let packets: ArraySlice<PollingTransport.Packet>
  /// The how-manieth answer of the session it is.
  let number: Int

  /// The answer was lost: the packets go back to the session, wherever this is called.
  func putBack() { session.executor.execute { session.takeBack(packets, number) } }
}

/// The packets at the front of the queue that go into one answer.
struct PollAnswer {
  var count = 0
  /// What they count among the bytes that wait.
  var cost = 0
  /// Whether one of them is binary.
  var hasBinary = false
}

/// The long-polling side of a session: packets that wait for a GET, and the GET that waits for packets.
final class PollingTransport {
  /// What a packet counts among the bytes that wait, beside its content.
  private static let packetCost = 64

  /// A packet on its way out.
  enum Packet {
    case message(EngineMessage)
    case control(UInt8)

    /// What it counts among the bytes that wait.
    var cost: Int { if case .message(let message) = self { message.count + packetCost } else { 0 } }
    /// Whether it is a binary message.
    var isBinary: Bool { if case .message(let message) = self { message.isBinary } else { false } }
  }

  @exclusivity(unchecked) private(set) var packets: [Packet] = []
  @exclusivity(unchecked) private(set) var queuedBytes = 0
  @exclusivity(unchecked) var pending: PollRequest?
  @exclusivity(unchecked) var isPosting = false
  /// Whether the next poll during an upgrade is answered at once: the client may have sent it before it heard that its
  /// probe has come, and waits for it before it leaves.
  var mayReleaseAtOnce = false
  /// When a poll that came during an upgrade is released.
  var release = TimerID.none
  /// How long a further one may wait for something to be answered with.
  static let releaseDelay = Duration.milliseconds(50)
  /// Room for so many packets is kept while none waits.
  private static let keptPackets = 8
  /// How many answers have been begun.
  @exclusivity(unchecked) private(set) var answers = 0

  func append(_ message: EngineMessage) {
    packets.append(.message(message))
    queuedBytes += message.count + Self.packetCost
  }

  func appendClose() { packets.append(.control(UInt8(ascii: "1"))) }

  /// Begins an answer, whose packets stay here until it is known what became of it.
  ///
  /// - Parameters:
  ///   - limit: the largest number of packets.
  ///   - maxBytes: about the most that several of them have, in bytes.
  func beginAnswer(_ limit: Int, _ maxBytes: Int) -> PollAnswer {
    answers += 1
    var answer = PollAnswer()
    var bytes = 0
    for index in packets.indices.prefix(limit) {
      let cost = packets[index].cost
      bytes += max(0, cost - Self.packetCost)
      if answer.count > 0, bytes > maxBytes { break }
      answer.count += 1
      answer.cost += cost
      if packets[index].isBinary { answer.hasBinary = true }
    }
    return answer
  }

  /// Takes the packets of an answer that may still be lost.
  func take(_ answer: PollAnswer) -> ArraySlice<Packet> {
    let taken = packets.prefix(answer.count)
    remove(answer)
    return taken
  }

  /// Forgets the packets of an answer that has been sent.
  func remove(_ answer: PollAnswer) {
    // Writing may close other connections, whose handlers may end this session: then nothing is here any more.
    guard answer.count <= packets.count else { return }
    queuedBytes -= answer.cost
    if answer.count < packets.count {
      packets.removeFirst(answer.count)
    } else if packets.capacity > Self.keptPackets {
      packets = []
    } else {
      for _ in 0..<answer.count { packets.removeLast() }
    }
  }

  /// Puts packets back that were taken last and have not been sent.
  func putBack(_ taken: ArraySlice<Packet>) {
    packets.insert(contentsOf: taken, at: 0)
    for packet in taken { queuedBytes += packet.cost }
  }

  /// Takes everything, for a WebSocket that takes over.
  func takeAll() -> [Packet] {
    defer {
      packets = []
      queuedBytes = 0
    }
    return packets
  }

  /// Answers a poll that waits with a packet that has no content.
  func releasePending(with type: UInt8, _ revision: EngineIORevision) {
    pending?.respond(control: type, revision)
    pending = nil
  }

  /// The session is over: nothing is kept, and a poll that waits is released.
  func end(_ revision: EngineIORevision) {
    packets = []
    queuedBytes = 0
    releasePending(with: UInt8(ascii: "6"), revision)
  }
}
