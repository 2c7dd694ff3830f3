import ArgumentParser
import ClusterCodec
import MessageQueues
import SocketIOCodec
import SocketIOEmitter

/// Emits one event to the clients of servers that share a message queue.
@main
struct Emit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "emit", abstract: "Emits an event to the clients of servers that share a message queue.",
    discussion: #"Example: emit --queue redis://localhost:6379/0 --room lobby "event" '{"a":1}'"#)

  @Option(help: "The URL of the message queue.") var queue: String
  @Option(help: "The channel that the servers share.") var channel: String?
  @Option(
    help: "A room, or the id of a client, that gets the event; may be given several times. Without it, everybody.")
  var room: [String] = []
  @Option(help: "The namespace.") var namespace = "/"
  @Option(help: "The id of a client that shall not get it; may be given several times.") var skip: [String] = []
  @Option(help: "json for python-socketio from 5.14 on, pickle for older releases, node for Node's Redis adapter.")
  var format = "json"
  @Option(help: "How long the queue may take, in seconds.") var timeout = 10
  @Argument(help: "The name of the event.") var event: String
  @Argument(help: "The arguments of the event, each as JSON.") var arguments: [String] = []

  func run() async throws {
    let form = PythonFormat.Form(rawValue: format).map { QueueFormat.python($0) } ?? (format == "node" ? .node : nil)
    guard let form else { throw ValidationError("--format is \(format), but must be json, pickle or node") }
    var values: [SocketValue] = []
    for argument in arguments {
      do { values.append(try JSONText.parse(argument.utf8Span.span.bytes)) } catch {
        throw ValidationError("the argument \(argument) is not JSON: \(error)")
      }
    }
    let emitter = try SocketIOEmitter(queue: queue, channel: channel, format: form)
    try emitter.emit(event, values, to: room, namespace: namespace, skipping: skip)
    guard await emitter.close(within: .seconds(timeout)) else {
      let reason = emitter.queue.health.lastError.map { ": \($0)" } ?? ""
      throw Failure("the queue did not take the event within \(timeout) s\(reason)")
    }
  }

  /// Why the event is not with the queue.
  struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }
}
