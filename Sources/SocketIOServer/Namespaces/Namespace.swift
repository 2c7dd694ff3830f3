public import SocketIOCodec

/// A namespace of a server: to emit in, and to ask of. ``SocketIO/namespace(_:)`` makes it.
///
/// It does not keep the server; once that is gone, nothing happens and nobody is there.
public struct Namespace: Sendable {
  /// The name; begins with a slash.
  public let name: String
  private let owner: Owner

  private final class Owner: @unchecked Sendable {
    // @unchecked: the reference is set once; loads of weak references are atomic.
    weak var server: SocketIO?
    init(_ server: SocketIO) { self.server = server }
  }

  init(_ name: String, of server: SocketIO) {
    self.name = name
    owner = Owner(server)
  }

  /// The server, as long as the program holds it.
  public var server: SocketIO? { owner.server }

  /// Emits an event with values; see ``SocketIO/emit(_:values:to:namespace:skipping:except:flags:)``.
  public func emit(
    _ event: String, values: [SocketValue], to rooms: [String] = [], skipping skipped: [SocketID] = [],
    except: [String] = [], flags: EmitFlags = []
  ) {
    server?.emit(
      event, values: values, to: rooms, namespace: name, skipping: skipped, except: except, flags: flags)
  }

  /// Emits an event with arguments of any encodable types; `[UInt8]` is sent as binary data.
  ///
  /// - Throws: `EncodingError` if an argument cannot be encoded.
  public func emit<each Argument: Encodable & Sendable>(
    _ event: String, _ arguments: repeat each Argument, to rooms: [String] = [], skipping skipped: [SocketID] = [],
    except: [String] = [], flags: EmitFlags = []
  ) throws {
    emit(
      event, values: try Arguments(encoding: repeat each arguments).values, to: rooms, skipping: skipped,
      except: except, flags: flags)
  }

  /// Emits the event `message`, or `json`.
  public func send(
    _ value: SocketValue, json: Bool = false, to rooms: [String] = [], skipping skipped: [SocketID] = [],
    except: [String] = [], flags: EmitFlags = []
  ) {
    emit(
      json ? "json" : "message", values: [value], to: rooms, skipping: skipped, except: except, flags: flags)
  }

  /// Lets a client, or the members of a room, join another room.
  public func join(_ room: String, members: String) { server?.join(room, members: members, namespace: name) }

  /// Lets a client, or the members of a room, leave a room.
  public func leave(_ room: String, members: String) { server?.leave(room, members: members, namespace: name) }

  /// Takes everybody out of a room.
  public func closeRoom(_ room: String) { server?.closeRoom(room, namespace: name) }

  /// Disconnects a client, or the members of a room.
  public func disconnect(_ members: String) { server?.disconnect(members, namespace: name) }

  /// The ids of the clients in a room of this server, or in the namespace if no room is named.
  public func participants(of room: String? = nil) async -> [SocketID] {
    await server?.participants(of: room, namespace: name) ?? []
  }

  /// The rooms of a client, without the one that is its id; `nil` if it is not connected.
  public func rooms(of client: String) async throws -> [String]? {
    try await server?.rooms(of: client, namespace: name)
  }
}

extension SocketIO {
  /// A namespace, to emit in and to ask of.
  public func namespace(_ name: String) -> Namespace { Namespace(name, of: self) }
}
