import AsyncModes
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension AsyncModeConformance {
  /// Bytes that go through connections.
  static var streamChecks: [Check] {
    [
      Check(name: "bytes arrive complete and in order, both ways") { mode in
        let (client, server, _) = try await mode.makePair()
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        for (from, to) in [(client, server), (server, client)] {
          let writing = Task {
            for start in stride(from: 0, to: bytes.count, by: 7919) {
              try await from.write(Array(bytes[start..<min(start + 7919, bytes.count)]))
            }
            from.endWriting()
          }
          let received = try await to.readAll()
          try await writing.value
          try expect(received == bytes, "\(received.count) of \(bytes.count) bytes arrived, or others")
        }
      },
      Check(name: "writes of one turn leave together and in order") { mode in
        let (client, server, _) = try await mode.makePair()
        await client.connection.executor.run {
          for number in 0..<1000 { client.connection.write(SharedBytes(Array("\(number),".utf8))) }
        }
        client.endWriting()
        let received = try await server.readAll()
        try expect(received == Array((0..<1000).map { "\($0)," }.joined().utf8), "the writes were mixed up")
      },
      Check(name: "small writes of one turn arrive as one") { mode in
        let (client, server) = try await mode.makeRecorded()
        await client.connection.executor.run {
          for number in 0..<10 { client.connection.write(SharedBytes([UInt8](repeating: UInt8(number), count: 5))) }
        }
        try await eventually(mode, "the bytes") { server.notes.bytes.count == 50 }
        // What one system call sends to a socket with room for it is there all at once.
        try expect(server.notes.receivedCalls == 1, "ten writes were sent in \(server.notes.receivedCalls) pieces")
        client.close()
      },
      Check(name: "one buffer is written to many connections, also if it is large") { mode in
        let clients = Mutex<[ByteStream]>([])
        let listener = try await mode.listen(on: type(of: mode).loopback, options: .patient) { connection in
          let stream = ByteStream(connection)
          clients.withLock { $0.append(stream) }
          return stream
        }
        var readers: [ByteStream] = []
        for number in 0..<20 {
          readers.append(
            try await mode.open(listener.address, options: .patient, on: mode.executors[number % mode.executors.count]))
        }
        try await eventually(mode, "all to be accepted") { clients.withLock { $0.count } == 20 }
        let small = SharedBytes(Array("small".utf8))
        let large = SharedBytes([UInt8](repeating: 9, count: 300_000))
        for stream in clients.withLock({ $0 }) {
          stream.connection.executor.post {
            for buffer in [small, small, large, small] { stream.connection.write(buffer) }
            stream.connection.close()
          }
        }
        let whole = small.storage + small.storage + large.storage + small.storage
        for reader in readers {
          let received = try await reader.readAll()
          try expect(received == whole, "\(received.count) of \(whole.count) bytes arrived, or others")
          reader.close()
        }
      },
      Check(name: "a peer that does not read holds the writer back") { mode in
        let (client, server, _) = try await mode.makePair()
        let chunk = [UInt8](repeating: 7, count: 100_000)
        var written = 0
        let executor = client.connection.executor
        while await executor.run({ client.connection.isWritable }), written < 100_000_000 {
          _ = await executor.run { client.connection.write(SharedBytes(chunk)) }
          written += chunk.count
        }
        try expect(written < 100_000_000, "a writer was never held back")
        async let total = server.readAll().count
        try await client.write([1])
        client.endWriting()
        let received = try await total
        try expect(received == written + 1, "\(received) of \(written + 1) bytes arrived")
      },
      Check(name: "the bound of waiting bytes ends the connection") { mode in
        var options = ListenOptions.patient
        options.connection.maxPendingBytes = 1_000_000
        options.connection.highWaterMark = 1000
        let (client, server, _) = try await mode.makePair(options)
        let chunk = SharedBytes([UInt8](repeating: 7, count: 500_000))
        for _ in 0..<200 { _ = await server.connection.executor.run { server.connection.write(chunk) } }
        let isOpen = await server.connection.executor.run { server.connection.isOpen }
        try expect(!isOpen, "100 MB wait although 1 MB is the bound")
        _ = try? await client.readAll()
      },
      Check(name: "reading can be paused and resumed") { mode in
        let (client, server, _) = try await mode.makePair()
        await server.connection.executor.run { server.connection.pauseReading() }
        try await client.write(Array("hello".utf8))
        let reading = Task { try await server.read() }
        await server.connection.executor.run { server.connection.resumeReading() }
        let received = try await reading.value
        try expect(received == Array("hello".utf8), "what came while reading was paused is lost")
      },
      Check(name: "a connection moves to another executor with its bytes") { mode in
        guard mode.executors.count > 1 else { return }
        let (client, server, _) = try await mode.makePair()
        try await server.write(Array("before ".utf8))
        let destination = mode.executors.first { $0 !== server.connection.executor } ?? mode.executors[0]
        let moved = await withCheckedContinuation { continuation in
          server.connection.executor.post {
            server.connection.move(to: destination) { connection in
              let stream = ByteStream(connection)
              continuation.resume(returning: stream)
              return stream
            }
          }
        }
        try await client.write(Array("to the new place".utf8))
        client.endWriting()
        let received = try await moved.readAll()
        try expect(received == Array("to the new place".utf8), "\(received.count) bytes arrived after the move")
        try await moved.write(Array("after".utf8))
        moved.close()
        let answer = try await client.readAll()
        try expect(answer == Array("before after".utf8), "what was written around the move is lost")
      },
      Check(name: "what is written in the turn of a move, and at once on arrival, stays in order") { mode in
        guard mode.executors.count > 1 else { return }
        let (client, server, _) = try await mode.makePair()
        let hops = 200
        // Even hops go to the second executor, odd ones to the first.
        let executors = Array(mode.executors.prefix(2))
        let first = server.connection.executor === executors[0] ? hops : hops - 1
        server.connection.executor.post { wander(server.connection, executors, hops: first) }
        let received = try await client.readAll()
        let expected = (0...first).reversed().flatMap { Array("leaving \($0),arrived \($0),".utf8) }
        try expect(received == expected, "\(received.count) of \(expected.count) bytes arrived, or others")
      },
      Check(name: "Unix-domain sockets work, and a file that was left behind is replaced") { mode in
        let path = "/tmp/asyncmodes-\(UInt64.random(in: 0...UInt64.max)).sock"
        for _ in 0..<2 {
          let listener = try await mode.serve(on: .unix(path: path)) { stream in
            for try await chunk in stream.inbound { try await stream.write(chunk) }
          }
          let client = try await mode.open(.unix(path: path), options: .patient)
          try await client.write(Array("hello".utf8))
          let answer = try await client.read()
          try expect(answer == Array("hello".utf8), "no echo over a Unix-domain socket")
          client.close()
          await listener.close()
        }
      },
      Check(name: "the options of sockets are applied") { mode in
        let path = "/tmp/asyncmodes-\(UInt64.random(in: 0...UInt64.max)).sock"
        for permissions: UInt32 in [0o600, 0o666] {
          var options = ListenOptions.patient
          options.unixSocketMode = permissions
          let listener = try await mode.serve(on: .unix(path: path), options: options) { _ in }
          var status = stat()
          try expect(stat(path, &status) == 0, "there is no socket file")
          try expect(status.st_mode & 0o777 == permissions, "the file has the mode \(status.st_mode & 0o777)")
          await listener.close()
        }
        for isOn in [false, true] {
          var options = ListenOptions.patient
          options.connection.noDelay = isOn
          options.connection.keepAlive = isOn
          let listener = try await mode.serve(on: .ip("127.0.0.1", port: 0), options: options) { stream in
            for try await chunk in stream.inbound { try await stream.write(chunk) }
          }
          let client = try await mode.open(listener.address, options: options.connection)
          try await client.write([1])
          _ = try await client.read()
          // Both ends are in this process.
          let addresses = [client.connection.localAddress, listener.address]
          let ends = (0..<4096).filter { (descriptor: Int32) in
            guard let address = SystemSocket.localAddress(descriptor) else { return false }
            return addresses.contains(address) && isConnected(descriptor)
          }
          try expect(ends.count == 2, "\(ends.count) ends of the connection were found")
          for end in ends {
            try expect(isSet(end, Int32(IPPROTO_TCP), TCP_NODELAY) == isOn, "TCP_NODELAY is not as asked for")
            try expect(isSet(end, SOL_SOCKET, SO_KEEPALIVE) == isOn, "SO_KEEPALIVE is not as asked for")
          }
          client.close()
          await listener.close()
        }
      },
    ]
  }

  /// Takes a connection to and fro between executors, and writes before and after each move; closes it in the end.
  private static func wander(_ connection: Connection, _ executors: [IOExecutor], hops: Int) {
    connection.write(SharedBytes(Array("leaving \(hops),".utf8)))
    connection.move(to: executors[hops % 2 == 0 ? 1 : 0]) { connection in
      connection.write(SharedBytes(Array("arrived \(hops),".utf8)))
      connection.executor.post {
        if hops == 0 { connection.close() } else { wander(connection, executors, hops: hops - 1) }
      }
      return Recorder(connection)
    }
  }

  private static func isConnected(_ descriptor: Int32) -> Bool {
    var address = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutableBytes(of: &address) { bytes in
      bytes.withMemoryRebound(to: sockaddr.self) { getpeername(descriptor, $0.baseAddress, &size) == 0 }
    }
  }

  private static func isSet(_ descriptor: Int32, _ level: Int32, _ name: Int32) -> Bool {
    var (value, size) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
    return getsockopt(descriptor, level, name, &value, &size) == 0 && value != 0
  }
}
