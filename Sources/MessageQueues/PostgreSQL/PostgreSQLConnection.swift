#if PostgreSQL
  internal import AsyncModes
  internal import CPostgreSQL
  internal import Foundation

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// One connection to a PostgreSQL server.
  final class PostgreSQLConnection: LibraryConnection {
    private let configuration: PostgreSQLConfiguration
    // The driver is only made when the library is there.
    // swift-format-ignore: NeverForceUnwrap
    private let library = cpostgresql_load()!.pointee
    private var connection: OpaquePointer?
    private let probeChannel = "socketio_probe_\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    private var confirmed = 0
    private var hasTable = false
    private var nextCleaning: ContinuousClock.Instant?

    /// How long the server may take for an answer, in milliseconds.
    private static let patience: Int32 = 5000
    /// NOTIFY takes less than 8,000 bytes, one of which says what follows.
    private static let maxNotifyBytes = 7998
    /// Rows of more than this are left alone by those who read them.
    private static let maxRowBytes = 64 << 20
    private static let cleaningInterval = Duration.seconds(20)

    init(_ configuration: PostgreSQLConfiguration) { self.configuration = configuration }

    // MARK: Opening

    func open(_ subscriptions: [MessageQueueSubscription]) throws(MessageQueueError) {
      let parameters = configuration.parameters.sorted { $0.key < $1.key }
      let names = parameters.map { strdup($0.key) }
      let values = parameters.map { strdup($0.value) }
      defer { for text in names + values { free(text) } }
      connection = library.PQconnectdbParams(
        names.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 0)
      guard let connection, library.PQstatus(connection) == CONNECTION_OK else {
        throw MessageQueueError(.connectFailed, "PostgreSQL at \(configuration.name): \(reason)")
      }
      guard library.PQsetnonblocking(connection, 1) == 0 else { throw lost }
      for subscription in subscriptions { try subscribe(to: subscription) }
      try listen(to: probeChannel)
    }

    private var reason: String {
      guard let connection, let text = library.PQerrorMessage(connection) else { return "no memory" }
      return String(cString: text).split(whereSeparator: \.isNewline).joined(separator: "; ")
    }

    private var lost: MessageQueueError { MessageQueueError(.lost, "PostgreSQL at \(configuration.name): \(reason)") }

    func subscribe(to subscription: MessageQueueSubscription) throws(MessageQueueError) {
      guard !subscription.isPrefix else {
        throw MessageQueueError(.unsupported, "PostgreSQL cannot subscribe to all channels that begin with a text")
      }
      try listen(to: subscription.name)
    }

    private func listen(to channel: String) throws(MessageQueueError) {
      try check(channel)
      _ = try run("LISTEN \"\(channel.replacing("\"", with: "\"\""))\"")
    }

    private func check(_ channel: String) throws(MessageQueueError) {
      guard 1...63 ~= channel.utf8.count, !channel.utf8.contains(0) else {
        throw MessageQueueError(
          .unsupported, "PostgreSQL cannot have a channel \"\(channel)\": 1 to 63 bytes, and no zero byte")
      }
    }

    // MARK: Queries

    /// Runs a query and waits for its result, for as long as the server may take.
    ///
    /// - Returns: the first value of the first row in binary form, if there is one.
    private func run(_ query: String, _ parameters: [Parameter] = []) throws(MessageQueueError) -> [UInt8]? {
      guard let connection else { throw lost }
      let arrays = parameters.map { $0.bytes + [0] }
      let copies = arrays.map { array in
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: array.count)
        for (index, byte) in array.enumerated() { copy[index] = CChar(bitPattern: byte) }
        return copy
      }
      defer { for copy in copies { copy.deallocate() } }
      let isSent = library.PQsendQueryParams(
        connection, query, Int32(parameters.count), nil, copies.map { UnsafePointer($0) },
        parameters.map { Int32($0.bytes.count) }, parameters.map { $0.isBinary ? 1 : 0 }, 1)
      guard isSent == 1 else { throw lost }
      let end = ContinuousClock.now.advanced(by: .milliseconds(Int(Self.patience)))
      while true {
        let unsent = library.PQflush(connection)
        guard unsent >= 0 else { throw lost }
        if unsent == 0, library.PQisBusy(connection) == 0 { break }
        var descriptor = pollfd(
          fd: library.PQsocket(connection), events: Int16(unsent == 0 ? POLLIN : POLLIN | POLLOUT), revents: 0)
        let left = ContinuousClock.now.duration(to: end)
        guard left > .zero, poll(&descriptor, 1, Int32(left.clampedNanoseconds / 1_000_000) + 1) >= 0 else {
          throw MessageQueueError(.timedOut, "PostgreSQL at \(configuration.name) has not answered within 5 s")
        }
        guard library.PQconsumeInput(connection) == 1 else { throw lost }
      }
      var value: [UInt8]?
      var failure: MessageQueueError?
      while let result = library.PQgetResult(connection) {
        defer { library.PQclear(result) }
        let status = library.PQresultStatus(result)
        if status == PGRES_TUPLES_OK, library.PQntuples(result) > 0 {
          value = Array(
            UnsafeRawBufferPointer(
              start: library.PQgetvalue(result, 0, 0), count: Int(library.PQgetlength(result, 0, 0))))
        } else if status != PGRES_COMMAND_OK, status != PGRES_TUPLES_OK {
          let text = (library.PQresultErrorMessage(result).map { String(cString: $0) } ?? "").split(
            whereSeparator: \.isNewline)
          failure = MessageQueueError(.refused, "PostgreSQL at \(configuration.name): \(text.joined(separator: "; "))")
        }
      }
      if let failure { throw failure }
      return value
    }

    private struct Parameter {
      var bytes: [UInt8]
      var isBinary = false
      init(_ text: String) { bytes = Array(text.utf8) }
      init(binary bytes: [UInt8]) {
        self.bytes = bytes
        isBinary = true
      }
    }

    // MARK: Publishing

    func publish(_ payload: UnsafeRawBufferPointer, on channel: String) throws(MessageQueueError) {
      try check(channel)
      let note: String
      if payload.count < Self.maxNotifyBytes, !payload.contains(0),
        let text = String(validating: payload, as: UTF8.self)
      {
        note = "=" + text
      } else if payload.count <= Self.maxNotifyBytes / 4 * 3 {
        note = "b" + Data(payload).base64EncodedString()
      } else {
        note = "t" + (try store(payload))
      }
      _ = try run("SELECT pg_notify($1, $2)", [Parameter(channel), Parameter(note)])
      confirmed += 1
    }

    /// Puts a payload into the table.
    ///
    /// - Returns: the number of its row.
    private func store(_ payload: UnsafeRawBufferPointer) throws(MessageQueueError) -> String {
      if !hasTable {
        do {
          _ = try run(
            """
            CREATE TABLE IF NOT EXISTS socketio_payloads (
              id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payload bytea NOT NULL,
              created timestamptz NOT NULL DEFAULT now())
            """)
        } catch {
          // Two servers that make it at the same time: the other one was faster.
          _ = try run("SELECT 1 FROM socketio_payloads LIMIT 1")
        }
        hasTable = true
      }
      let now = ContinuousClock.now
      if nextCleaning.map({ $0 <= now }) ?? true {
        nextCleaning = now.advanced(by: Self.cleaningInterval)
        _ = try run("DELETE FROM socketio_payloads WHERE created < now() - interval '1 minute'")
      }
      let id = try run(
        "INSERT INTO socketio_payloads (payload) VALUES ($1) RETURNING id::text",
        [Parameter(binary: Array(payload))])
      return String(decoding: id ?? [], as: UTF8.self)
    }

    func probe() throws(MessageQueueError) {
      _ = try run("SELECT pg_notify($1, '')", [Parameter(probeChannel)])
    }

    // MARK: Receiving

    var descriptor: Int32 { connection.map { library.PQsocket($0) } ?? -1 }

    func receive(_ report: (LibraryReport) -> Void) throws(MessageQueueError) {
      guard let connection, library.PQconsumeInput(connection) == 1 else { throw lost }
      if confirmed > 0 { report(.confirmed(confirmed)) }
      confirmed = 0
      while let notification = library.PQnotifies(connection) {
        let channel = String(cString: notification.pointee.relname)
        let note = String(cString: notification.pointee.extra)
        library.PQfreemem(notification)
        if channel == probeChannel {
          report(.probed)
        } else {
          report(.message(try payload(of: note), channel: channel))
        }
      }
    }

    /// What a notification stands for. What is none of ours is handed on as it is: whoever reads it counts it.
    private func payload(of note: String) throws(MessageQueueError) -> [UInt8] {
      let rest = note.dropFirst()
      switch note.first {
      case "=": return Array(rest.utf8)
      case "b": return Data(base64Encoded: String(rest)).map { Array($0) } ?? Array(note.utf8)
      case "t" where rest.utf8.count <= 19 && rest.utf8.allSatisfy({ $0 &- 0x30 < 10 }) && Int64(rest) != nil:
        let payload = try? run(
          "SELECT payload FROM socketio_payloads WHERE id = $1::text::bigint AND octet_length(payload) <= \(Self.maxRowBytes)",
          [Parameter(String(rest))])
        return payload ?? Array(note.utf8)
      default: return Array(note.utf8)
      }
    }

    func close() {
      if let connection { library.PQfinish(connection) }
      connection = nil
    }
  }
#endif
