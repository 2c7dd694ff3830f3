internal import AsyncModes
internal import HTTPCodec
internal import HTTPServing
internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Sends requests to the service that is mounted at the longest prefix of their path.
final class RouteTable: HTTPService {
  private final class Mount: Sendable {
    let prefix: [UInt8]
    let service: any HTTPService

    init(prefix: [UInt8], service: any HTTPService) {
      self.prefix = prefix
      self.service = service
    }

    func matches(_ bytes: UnsafeRawBufferPointer, _ path: Range<Int>) -> Bool {
      guard path.count >= prefix.count, let start = bytes.baseAddress else { return false }
      return prefix.withUnsafeBytes { memcmp($0.baseAddress ?? start, start + path.lowerBound, prefix.count) == 0 }
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
    let path = head.path
    head.bytes.withUnsafeBytes { bytes in
      mounts.list.withLock { mounts in
        for index in mounts.indices where mounts[index].matches(bytes, path) {
          return exchange.hand(to: mounts[index].service)
        }
        exchange.hand(to: fallback)
      }
    }
    return exchange.service?.begin(head, exchange) ?? .discard
  }

  func handle(_ exchange: HTTPExchange, body: [UInt8]) { exchange.service?.handle(exchange, body: body) }
}
