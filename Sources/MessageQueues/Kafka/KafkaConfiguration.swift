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
}
