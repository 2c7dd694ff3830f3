internal import AsyncModes
internal import HTTPCodec
internal import HTTPServing
internal import Synchronization

/// Sends requests to the service that is mounted at the longest prefix of their path.
final class RouteTable: HTTPService {
  private final class Mount: Sendable {
    let prefix: [UInt8]
    let service: any HTTPService

    init(prefix: [UInt8], service: any HTTPService) {
      self.prefix = prefix
      self.service = service
    }

    func matches(_ path: UnsafeRawBufferPointer) -> Bool {
      guard path.count >= prefix.count else { return false }
      for index in prefix.indices where path[index] != prefix[index] { return false }
      return true
    }
  }

  /// The mounts, which tables with other fallbacks share.
  private final class Mounts: Sendable {
    let list = Mutex<[Mount]>([])
  }
  private let mounts: Mounts
  private let fallback: any HTTPService

  init(fallback: any HTTPService) {
    self.fallback = fallback
    mounts = Mounts()
  }

  /// The same routes, with something else to answer what none of them does.
  init(_ other: RouteTable, fallback: any HTTPService) {
    self.fallback = fallback
    mounts = other.mounts
  }

  func mount(_ service: any HTTPService, at prefix: String) {
    mounts.list.withLock { mounts in
      mounts.append(Mount(prefix: Array(prefix.utf8), service: service))
      mounts.sort { $0.prefix.count > $1.prefix.count }
    }
  }

  func begin(_ head: HTTPRequestHead, _ exchange: HTTPExchange) -> HTTPBodyDisposition {
    let bytes = head.bytes
    let service = bytes.withUnsafeBytes { bytes in
      let path = UnsafeRawBufferPointer(rebasing: bytes[head.path])
      return mounts.list.withLock { $0.first { $0.matches(path) }?.service } ?? fallback
    }
    exchange.service = service
    return service.begin(head, exchange)
  }

  func handle(_ exchange: HTTPExchange, body: [UInt8]) { exchange.service?.handle(exchange, body: body) }
}
