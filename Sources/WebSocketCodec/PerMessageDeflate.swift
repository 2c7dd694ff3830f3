/// permessage-deflate (RFC 7692) for one WebSocket: a compressor and a decompressor over zlib.
///
/// A stream of zlib whose window is kept from message to message belongs to the WebSocket; others come from a
/// ``DeflatePool``. Confined to the executor of its connection.
public final class PerMessageDeflate {
  /// What both sides agreed on.
  public struct Parameters: Sendable, Hashable {
    var serverContextTakeover: Bool
    var clientContextTakeover: Bool
    var serverWindowBits: Int
    var clientWindowBits: Int
    /// Whether the client asked for a limit of the server's window: the answer names one then (section 7.1.2.1).
    var namesServerWindow = false

    /// The content of `Sec-WebSocket-Extensions` in the answer.
    public var headerValue: String {
      var value = "permessage-deflate"
      if !serverContextTakeover { value += "; server_no_context_takeover" }
      if !clientContextTakeover { value += "; client_no_context_takeover" }
      if namesServerWindow || serverWindowBits < 15 { value += "; server_max_window_bits=\(serverWindowBits)" }
      if clientWindowBits < 15 { value += "; client_max_window_bits=\(clientWindowBits)" }
      return value
    }

    /// What zlib takes for the windows that are kept, in bytes, by its manual (`zconf.h`).
    func keptBytes(memoryLevel: Int) -> Int {
      (serverContextTakeover ? 1 << (serverWindowBits + 2) + 1 << (memoryLevel + 9) + 6 << 10 : 0)
        + (clientContextTakeover ? 1 << clientWindowBits + 8 << 10 : 0)
    }
  }

  /// Messages below this many bytes are sent uncompressed.
  public let threshold: Int
  private let parameters: Parameters
  private let configuration: Configuration
  private let pool: DeflatePool
  private let reservation: DeflateReservation?
  private var deflater: Deflater?
  private var inflater: Inflater?

  /// Creates the streams' owner for one connection.
  ///
  /// - Parameters:
  ///   - pool: what is shared with other WebSockets of the executor; without it nothing is.
  ///   - reservation: memory that was taken for it, to be given back with it.
  public init(
    _ parameters: Parameters, _ configuration: Configuration, pool: DeflatePool? = nil,
    reservation: DeflateReservation? = nil
  ) {
    self.parameters = parameters
    self.configuration = configuration
    self.pool = pool ?? DeflatePool(configuration)
    self.reservation = reservation
    threshold = configuration.threshold
  }

  // MARK: Compressing

  /// Compresses a message.
  ///
  /// - Returns: the content of a frame whose first reserved bit is to be set, or `nil` if zlib has no memory; then the
  ///   message is to be sent as it is.
  public func compress(_ payload: borrowing RawSpan) -> [UInt8]? {
    guard let deflater = deflater ?? makeDeflater() else { return nil }
    var out: [UInt8] = []
    guard payload.withUnsafeBytes({ deflater.compress($0, to: &out) }) else {
      self.deflater = nil
      return nil
    }
    return out
  }

  private func makeDeflater() -> Deflater? {
    guard parameters.serverContextTakeover else { return pool.deflater(windowBits: parameters.serverWindowBits) }
    deflater = configuration.makeDeflater(windowBits: parameters.serverWindowBits)
    return deflater
  }

  /// The compressed form of a frame that is sent to many, made once for all that keep no window.
  ///
  /// - Parameters:
  ///   - frame: the whole frame, uncompressed.
  ///   - payloadOffset: where its payload begins.
  /// - Returns: the whole frame, or `nil` if this WebSocket has a window of its own to compress with, or zlib no memory.
  public func sharedFrame(_ frame: [UInt8], payloadOffset: Int, opcode: WebSocketOpcode) -> [UInt8]? {
    guard !parameters.serverContextTakeover else { return nil }
    return pool.frame(frame, payloadOffset: payloadOffset, opcode: opcode, windowBits: parameters.serverWindowBits)
  }

  // MARK: Inflating

  /// Inflates a message.
  ///
  /// - Parameter limit: the longest result; memory never goes further beyond it than one step of zlib.
  /// - Throws: ``WebSocketError`` with 1009 at the limit, or 1007 if the data is not valid.
  public func inflate(_ payload: [UInt8], limit: Int) throws(WebSocketError) -> [UInt8] {
    guard let inflater = inflater ?? makeInflater() else {
      throw WebSocketError(.invalidPayload, "a message cannot be inflated")
    }
    return try inflater.inflate(payload, limit: limit)
  }

  private func makeInflater() -> Inflater? {
    guard parameters.clientContextTakeover else { return pool.inflater() }
    inflater = Inflater(windowBits: parameters.clientWindowBits)
    return inflater
  }
}
