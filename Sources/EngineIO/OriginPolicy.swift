internal import AsyncModes

/// Which pages of a browser may connect, told by the `Origin` field of their requests (RFC 6454).
///
/// Requests without `Origin` do not come from a page of another site and are always let through. The policy holds for
/// WebSocket handshakes too, which browsers send across origins without asking. A page that may not connect is answered
/// with 403 and the error code 4.
public enum OriginPolicy: Sendable {
  /// Pages that were loaded from the address that the request goes to.
  ///
  /// Behind a proxy that speaks TLS to the clients this needs `HTTPServingOptions.trustedProxies`, or pages with
  /// `https` are not recognised as of the same origin.
  case sameOrigin
  /// All pages.
  case any
  /// Pages from these origins, such as `https://example.com`, and those of the same origin.
  case list([String])
  /// Pages for which the closure says so; it is given the origin and the request, on the executor of the connection,
  /// and must not block.
  case predicate(@Sendable (String, EngineRequest) -> Bool)
  /// Nothing is checked, and no header field about origins is sent: something in front of the server does all that.
  case unchecked

  /// Pages from one origin, and those of the same origin.
  public static func origin(_ origin: String) -> OriginPolicy { .list([origin]) }

  func allows(_ origin: String, _ request: EngineRequest) -> Bool {
    switch self {
    case .any, .unchecked: true
    case .sameOrigin: Self.isSame(origin, request)
    case .list(let origins):
      origins.contains { $0.lowercased() == origin.lowercased() } || Self.isSame(origin, request)
    case .predicate(let isAllowed): isAllowed(origin, request)
    }
  }

  /// Whether the page was loaded from where the request goes to; the port may be left out if it is the scheme's own.
  private static func isSame(_ origin: String, _ request: EngineRequest) -> Bool {
    guard let host = request.host, !host.isEmpty else { return false }
    let scheme = request.isSecure ? "https" : "http"
    let port = request.isSecure ? ":443" : ":80"
    func plain(_ text: String) -> Substring {
      let text = text.lowercased()
      return text.hasSuffix(port) ? text.dropLast(port.count) : text[...]
    }
    return plain(origin) == plain("\(scheme)://\(host)")
  }

  /// Checks the origins of a list.
  func validate() throws(AsyncModeError) {
    guard case .list(let origins) = self else { return }
    for origin in origins where origin != "null" {
      let parts = origin.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty,
        parts[1].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "*") })
      else {
        throw AsyncModeError(
          .invalidOption,
          "origins has \"\(origin)\", but must have origins such as https://example.com, without a path; use .any for all"
        )
      }
    }
  }
}
