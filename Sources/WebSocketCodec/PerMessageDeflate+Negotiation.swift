extension PerMessageDeflate {
  /// Chooses the first offer of a client that can be met (RFC 7692, section 5).
  ///
  /// - Parameter offers: the content of `Sec-WebSocket-Extensions`.
  /// - Returns: what is agreed on, or `nil` if there is no offer, or none that can be met; then nothing is compressed.
  public static func negotiate(_ offers: String, _ configuration: Configuration) -> Parameters? {
    for offer in offers.split(separator: ",") {
      if let parameters = accept(offer, configuration) { return parameters }
    }
    return nil
  }

  private static func accept(_ offer: Substring, _ configuration: Configuration) -> Parameters? {
    let parts = offer.split(separator: ";", omittingEmptySubsequences: false).map { $0.trimmed }
    guard parts.first == "permessage-deflate" else { return nil }
    var result = Parameters(
      serverContextTakeover: configuration.serverContextTakeover,
      clientContextTakeover: configuration.clientContextTakeover,
      serverWindowBits: configuration.serverMaxWindowBits, clientWindowBits: 15)
    var seen: Set<Substring> = []
    for part in parts.dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { $0.trimmed }
      guard let name = pair.first, seen.insert(name).inserted else { return nil }
      let value = pair.count > 1 ? bits(pair[1]) : nil
      switch name {
      case "server_no_context_takeover":
        guard pair.count == 1 else { return nil }
        result.serverContextTakeover = false
      case "client_no_context_takeover":
        guard pair.count == 1 else { return nil }
        result.clientContextTakeover = false
      case "server_max_window_bits":
        guard let value else { return nil }
        // zlib cannot make a window of 8 bits.
        guard value >= 9 else { return nil }
        result.namesServerWindow = true
        result.serverWindowBits = min(result.serverWindowBits, value)
      case "client_max_window_bits":
        guard pair.count == 1 || value != nil else { return nil }
        // Only a client that says so can be asked for a smaller window.
        result.clientWindowBits = min(configuration.clientMaxWindowBits, value ?? 15)
      default: return nil
      }
    }
    return result
  }

  private static func bits(_ text: Substring) -> Int? {
    var digits = text
    if digits.count >= 2, digits.first == "\"", digits.last == "\"" { digits = digits.dropFirst().dropLast() }
    // Digits only, and no zero in front (RFC 7692, section 7.1.2.1).
    guard let first = digits.utf8.first, (0x31...0x39).contains(first), let value = Int(digits),
      (8...15).contains(value)
    else { return nil }
    return value
  }
}

extension Substring {
  /// Without spaces and tabs at both ends.
  fileprivate var trimmed: Substring {
    var result = self
    while let first = result.first, first == " " || first == "\t" { result.removeFirst() }
    while let last = result.last, last == " " || last == "\t" { result.removeLast() }
    return result
  }
}
