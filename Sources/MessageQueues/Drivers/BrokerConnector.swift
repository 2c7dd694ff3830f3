public import AsyncModes

/// Opens connections to brokers: looks names up, tries one address after the other, and secures the connection.
public struct BrokerConnector: Sendable {
  /// Whether connections are secured.
  public enum Security: Sendable, Hashable {
    /// They are plain.
    case none
    /// They speak TLS; `nil` stands for the authorities that the system trusts.
    case tls(authoritiesFile: String?)
  }

  /// The runtime.
  public let mode: any AsyncMode
  private let options: ConnectionOptions
  private let tls: TLSContext?

  /// Creates a connector.
  ///
  /// - Throws: ``MessageQueueError`` with the code `unavailable`.
  public init(mode: any AsyncMode, security: Security = .none) throws(MessageQueueError) {
    switch security {
    case .none: tls = nil
    case .tls(let authoritiesFile):
      var options = TLSClientOptions()
      options.authoritiesFile = authoritiesFile
      do { tls = try TLSContext(client: options) } catch { throw MessageQueueError(.unavailable, "\(error)") }
    }
    self.mode = mode
    var options = ConnectionOptions()
    options.keepAlive = true
    self.options = options
  }

  /// Opens a connection to the first address that answers.
  ///
  /// - Parameters:
  ///   - hosts: where to try, in this order; each must have a port.
  ///   - socketPath: a Unix-domain socket to be used instead, or `nil`.
  ///   - executor: where the connection shall live.
  ///   - established: called there; returns the handler that gets the bytes.
  /// - Throws: ``MessageQueueError`` with the code `connectFailed`, which tells what became of the last attempt.
  public func connect(
    to hosts: [MessageQueueURL.Host], socketPath: String? = nil, on executor: IOExecutor,
    established: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(MessageQueueError) {
    var failure = MessageQueueError(.connectFailed, "no host of the message queue is named")
    if let socketPath {
      do {
        let address = try SocketAddress.unix(path: socketPath)
        try await mode.connect(to: address, options: options, on: executor, established: established)
        return
      } catch {
        throw MessageQueueError(.connectFailed, "\(error)")
      }
    }
    for host in hosts {
      do {
        for address in try await mode.resolve(host: host.name, port: host.port ?? 0) {
          do {
            if let tls {
              try await mode.connect(
                to: address, options: options, on: executor, tls: tls, serverName: host.name, established: established)
            } else {
              try await mode.connect(to: address, options: options, on: executor, established: established)
            }
            return
          } catch {
            failure = MessageQueueError(.connectFailed, "\(error)")
          }
        }
      } catch {
        failure = MessageQueueError(.connectFailed, "\(error)")
      }
    }
    throw failure
  }
}
