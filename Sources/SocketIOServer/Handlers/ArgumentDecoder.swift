internal import SocketIOCodec

/// Decodes the arguments of an event one after the other.
struct ArgumentDecoder {
  private let arguments: Arguments
  private var position = 0

  init(_ arguments: Arguments) { self.arguments = arguments }

  mutating func next<Value: Decodable>(_ type: Value.Type) throws -> Value {
    defer { position += 1 }
    do {
      return try arguments.decode(type, at: position)
    } catch {
      throw ArgumentMismatch(position: position, count: arguments.count, expected: "\(type)", cause: error)
    }
  }
}

/// An event came with arguments that its handler does not take: the client's fault.
public struct ArgumentMismatch: Error, Sendable, CustomStringConvertible {
  /// The place of the argument, from 0.
  public var position: Int
  /// How many arguments the client sent.
  public var count: Int
  /// The type that the handler takes there.
  public var expected: String
  /// What the decoder said.
  public var cause: any Error

  /// What is wrong with which argument.
  public var description: String {
    position < count
      ? "argument \(position) is no \(expected): \(cause)"
      : "argument \(position) of type \(expected) is missing: the client sent \(count)"
  }
}

extension Arguments {
  /// The values of an acknowledgement: several if a handler returned ``Arguments``, otherwise one.
  init<Reply: Encodable>(replying reply: Reply) throws {
    if let arguments = reply as? Arguments { self = arguments } else { self.init([try SocketValue(encoding: reply)]) }
  }
}
