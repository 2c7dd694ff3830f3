public import AsyncModes
internal import Synchronization

/// Counts what the clients of one address hold at the same time, and refuses more than a limit.
///
/// IPv6 clients are counted by their network of 64 bits, as each can take any address in it. Peers without an IP
/// address, such as those of a Unix-domain socket, are not limited.
public final class AddressLimit: Sendable {
  private struct State {
    var counts: [IPAddress: Int] = [:]
    var refusals = 0
  }
  /// The most that one address may hold.
  public let maximum: Int
  private let state = Mutex(State())

  /// Creates a limit.
  ///
  /// - Parameter name: what the limit is called in an error.
  /// - Throws: `AsyncModeError` with the code `invalidOption` if `maximum` is not positive.
  public init(_ maximum: Int, name: String) throws(AsyncModeError) {
    guard maximum > 0 else { throw AsyncModeError(.invalidOption, "\(name) is \(maximum), but must be positive") }
    self.maximum = maximum
  }

  /// How many were refused.
  public var refusals: Int { state.withLock { $0.refusals } }

  /// Takes one more for an address.
  ///
  /// - Returns: whether there was room; if so ``leave(_:)`` is to be called once.
  public func enter(_ address: SocketAddress?) -> Bool {
    guard let key = IPAddress(address)?.network else { return true }
    return state.withLock { state in
      let count = state.counts[key, default: 0]
      guard count < maximum else {
        state.refusals += 1
        return false
      }
      state.counts[key] = count + 1
      return true
    }
  }

  /// Gives one back.
  public func leave(_ address: SocketAddress?) {
    guard let key = IPAddress(address)?.network else { return }
    state.withLock { state in
      guard let count = state.counts[key] else { return }
      state.counts[key] = count > 1 ? count - 1 : nil
    }
  }
}

/// The place that a connection has taken; given back when nobody holds it any more.
final class AddressPlace {
  private let limit: AddressLimit
  private let address: SocketAddress?

  init(_ limit: AddressLimit, _ address: SocketAddress?) {
    self.limit = limit
    self.address = address
  }

  deinit { limit.leave(address) }
}
