internal import AsyncModes
internal import HTTPCodec
internal import HTTPServing

extension EngineServer {
  /// Applies the rules for cross-origin requests (Fetch standard, section 3.2), and adds what they want to the answer.
  ///
  /// - Returns: whether the request is allowed.
  func checkOrigin(_ head: HTTPRequestHead, _ request: PollRequest) -> Bool {
    guard let origin = head.value("origin") else { return true }
    if case .unchecked = configuration.origins { return true }
    guard configuration.origins.allows(origin, request.asked) else {
      request.add(fields: Array("Vary: Origin\r\n".utf8))
      return false
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
    request.add(fields: Array(text.utf8))
    return true
  }
}
