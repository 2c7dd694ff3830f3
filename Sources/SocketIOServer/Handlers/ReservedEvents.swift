/// The names of events that the protocol or its clients keep for themselves.
enum ReservedEvents {
  static let names: Set<String> = [
    "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
  ]

  static func contains(_ name: String) -> Bool { names.contains(name) }

  static func error(_ name: String, _ namespace: String) -> SocketIOError {
    let remedy =
      switch name {
      case "connect": "use onConnect"
      case "disconnect", "disconnecting": "use onDisconnect"
      default: "choose another name"
      }
    return SocketIOError(
      .reservedEvent, "\"\(name)\" in namespace \(namespace) cannot have a handler, the protocol reserves it: \(remedy)"
    )
  }
}
