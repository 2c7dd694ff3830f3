internal import AsyncModes
internal import HTTPCodec
internal import HTTPServing

/// The rules for cross-origin requests, applied to one request (Fetch standard, section 3.2).
struct OriginCheck {
  let isAllowed: Bool
  /// Header fields for the answer, in wire form.
  let fields: [UInt8]

  init(_ head: HTTPRequestHead, _ exchange: HTTPExchange, _ server: EngineServer) {
    guard let origin = head.value("origin") else {
      isAllowed = true
      fields = []
      return
    }
    let configuration = server.configuration
    if case .unchecked = configuration.origins {
      isAllowed = true
      fields = []
      return
    }
    isAllowed = configuration.origins.allows(origin, EngineRequest(exchange))
    guard isAllowed else {
      fields = Array("Vary: Origin\r\n".utf8)
      return
    }
    var text = "Access-Control-Allow-Origin: \(origin)\r\nVary: Origin\r\n"
    if configuration.allowsCredentials { text += "Access-Control-Allow-Credentials: true\r\n" }
    if head.method == .options {
      text += "Access-Control-Allow-Methods: OPTIONS, GET, POST\r\n"
      if let requested = head.value("access-control-request-headers") {
        text += "Access-Control-Allow-Headers: \(requested)\r\n"
      }
      if let age = configuration.preflightMaxAge {
        text += "Access-Control-Max-Age: \(max(0, age.clampedNanoseconds / 1_000_000_000))\r\n"
      }
    }
    fields = Array(text.utf8)
  }
}
