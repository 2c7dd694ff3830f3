#if Kafka
  internal import CKafka
#endif

/// Where Kafka brokers are: `kafka://host1:9092,host2?security.protocol=ssl`.
///
/// The names of the query are librdkafka's configuration properties. User and password stand for SASL/PLAIN.
public struct KafkaConfiguration: Sendable, Hashable {
  /// Names and values of properties, as librdkafka knows them.
  public var properties: [String: String]
  /// The name for logs and errors.
  public var name: String

  static let schemes = ["kafka"]

  /// Reads a URL.
  ///
  /// - Throws: ``MessageQueueError`` with the code `invalidURL`, naming the part and its value.
  public init(_ url: MessageQueueURL) throws(MessageQueueError) {
    name = url.description
    guard url.path.isEmpty || url.path == "/" else {
      throw MessageQueueError(.invalidURL, "the path of \(url) is \"\(url.path)\", but Kafka has none")
    }
    properties = ["client.id": "socketio"]
    for (name, value) in url.query { properties[name] = value }
    let hosts = url.hosts.isEmpty ? [.init(name: "localhost")] : url.hosts
    properties["bootstrap.servers"] = hosts.map { "\($0.name):\($0.port ?? 9092)" }.joined(separator: ",")
    if let user = url.user {
      properties["sasl.username"] = user
      properties["sasl.password"] = url.password ?? ""
      properties["sasl.mechanism"] = properties["sasl.mechanism"] ?? "PLAIN"
      properties["security.protocol"] = properties["security.protocol"] ?? "sasl_plaintext"
    }
    for (name, value) in properties where (name + value).utf8.contains(0) {
      throw MessageQueueError(.invalidURL, "\(name) of \(url) has a zero byte")
    }
  }

  /// Makes the driver for Kafka, by the C library librdkafka.
  ///
  /// Channels are topics, which brokers make by themselves if they are set up so. Each session reads all partitions of
  /// its topics from their end on, without a consumer group, and publishes with a key of its own, so that what it
  /// publishes stays in order. A probe asks for the ends of the partitions, and comes back when everything up to there
  /// was read.
  ///
  /// - Throws: ``MessageQueueError`` with the code `unavailable` if the package was built without its trait `Kafka`, or if
  ///   the library is missing; `invalidURL` for a property that librdkafka does not know, or a value that it cannot have.
  public func makeDriver() throws(MessageQueueError) -> any MessageQueueDriver {
    #if Kafka
      guard ckafka_load() != nil else {
        throw MessageQueueError(.unavailable, "Kafka cannot be used: \(String(cString: ckafka_error()))")
      }
      try KafkaConnection.check(self)
      return LibraryDriver("kafka") { KafkaConnection(self) }
    #else
      throw MessageQueueError(
        .unavailable,
        "this program was built without Kafka: install librdkafka-dev and build with the package trait Kafka")
    #endif
  }

  static var entry: MessageQueueRegistry.Entry {
    .init(schemes: schemes) { url, _ throws(MessageQueueError) in try Self(url).makeDriver() }
  }
}
