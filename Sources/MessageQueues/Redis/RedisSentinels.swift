internal import AsyncModes

/// Asks Sentinels which server is the primary of a service.
struct RedisSentinels {
  private let driver: RedisDriver

  init(_ driver: RedisDriver) { self.driver = driver }

  /// Asks one Sentinel after the other.
  ///
  /// - Throws: ``MessageQueueError`` with what the last one said, if none knows.
  func server(on executor: IOExecutor) async throws(MessageQueueError) -> MessageQueueURL.Host {
    let service = driver.configuration.sentinelService ?? ""
    var failure = MessageQueueError(.connectFailed, "no Sentinel is named")
    for host in driver.configuration.hosts {
      do throws(MessageQueueError) { return try await ask(host, service, executor) } catch { failure = error }
    }
    throw failure
  }

  private func ask(
    _ host: MessageQueueURL.Host, _ service: String, _ executor: IOExecutor
  ) async throws(MessageQueueError) -> MessageQueueURL.Host {
    let (replies, continuation) = AsyncStream.makeStream(of: Result<RESPValue, MessageQueueError>.self)
    let password = driver.configuration.sentinelPassword
    try await driver.connector.connect(to: [host], on: executor) { connection in
      let redis = RedisConnection(connection)
      redis.onReply = { continuation.yield(.success($0)) }
      redis.onEnd = { continuation.yield(.failure($0)) }
      connection.setDeadline(after: .seconds(2))
      executor.post { [box = Confined(redis)] in
        if let password { box.value.send(["AUTH", password]) }
        box.value.send(["SENTINEL", "get-master-addr-by-name", service])
      }
      // Whoever stops to wait ends the connection.
      let box = Confined(redis)
      continuation.onTermination = { _ in executor.post { box.value.close() } }
      return redis
    }
    defer { continuation.finish() }
    for await reply in replies {
      switch try reply.get() {
      case .array(let address):
        guard address.count == 2, let name = address[0].text, let port = address[1].text.flatMap({ Int($0) }) else {
          throw MessageQueueError(.malformed, "the Sentinel at \(host.name) named no address")
        }
        return .init(name: name, port: port)
      case .null: throw MessageQueueError(.refused, "the Sentinel at \(host.name) knows no service \"\(service)\"")
      case .error(let text): throw MessageQueueError(.refused, "the Sentinel at \(host.name) refuses: \(text)")
      default: continue
      }
    }
    throw MessageQueueError(.lost, "the Sentinel at \(host.name) did not answer")
  }
}
