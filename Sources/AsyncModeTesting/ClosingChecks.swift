import AsyncModes

extension AsyncModeConformance {
  /// Connections that end.
  static var closingChecks: [Check] {
    [
      Check(name: "each side can be ended alone") { mode in
        let (client, server, _) = try await mode.makePair()
        try await client.write(Array("question".utf8))
        client.endWriting()
        let question = try await server.readAll()
        try expect(question == Array("question".utf8), "the question did not arrive")
        try await server.write(Array("answer".utf8))
        server.close()
        let answer = try await client.readAll()
        try expect(answer == Array("answer".utf8), "nothing arrives over a connection that is half closed")
      },
      Check(name: "a write after the close is refused") { mode in
        let (client, server, _) = try await mode.makePair()
        client.close()
        do {
          try await client.write([1])
          throw ConformanceFailure(description: "a closed connection took bytes")
        } catch let error as AsyncModeError {
          try expect(error.code == .closed, "the error is \(error)")
        }
        _ = try await server.readAll()
        server.close()
      },
      Check(name: "closing sends everything that waits, also to a peer that has ended its side") { mode in
        let bytes = [UInt8](repeating: 3, count: 8_000_000)
        for endsFirst in [false, true] {
          let (client, server, _) = try await mode.makePair()
          if endsFirst {
            client.endWriting()
            _ = try await server.readAll()
          }
          await server.connection.executor.run {
            server.connection.write(SharedBytes(bytes))
            server.connection.close()
          }
          let count = try await client.readAll().count
          try expect(count == bytes.count, "\(count) of \(bytes.count) bytes arrived before the end")
          client.close()
        }
      },
      Check(name: "a reset by the peer is told, once and last") { mode in
        let (client, server) = try await mode.makeRecorded()
        try await client.write([1, 2, 3])
        try await eventually(mode, "the bytes") { server.notes.bytes == [1, 2, 3] }
        await client.connection.executor.run { client.connection.abort() }
        try await eventually(mode, "the reset to be told") { !server.notes.closings.isEmpty }
        let notes = server.notes
        guard case .failed = notes.closings.first else {
          throw ConformanceFailure(description: "a reset is told as \(notes.closings)")
        }
        await server.connection.executor.run {}
        try expect(server.notes.closings.count == 1 && !server.notes.isLate, "something is told after the end")
      },
      Check(name: "a peer that ends in good order is told, once and last") { mode in
        let (client, server) = try await mode.makeRecorded()
        try await client.write([1, 2, 3])
        client.close()
        try await eventually(mode, "the end to be told") { !server.notes.closings.isEmpty }
        await server.connection.executor.run {}
        let notes = server.notes
        try expect(notes.bytes == [1, 2, 3] && notes.isEnded && !notes.isLate, "the handler was told \(notes)")
        try expect(notes.closings == [.local] || notes.closings == [.peer], "the end is told as \(notes.closings)")
      },
      Check(name: "cancelling a reader leaves the connection usable") { mode in
        let (client, server, _) = try await mode.makePair()
        let reading = Task { try await server.read() }
        reading.cancel()
        do {
          _ = try await reading.value
          throw ConformanceFailure(description: "the cancelled reader returned")
        } catch is CancellationError {}
        try await client.write([5])
        let received = try await server.read()
        try expect(received == [5], "the stream is not usable after a cancelled read")
      },
      Check(name: "an idle connection is closed") { mode in
        var options = ListenOptions.patient
        options.connection.idleTimeout = .milliseconds(50)
        let (client, _, _) = try await mode.makePair(options)
        let end = try await client.read()
        try expect(end == nil, "an idle connection got bytes")
        let (other, server) = try await mode.makeRecorded(options)
        _ = try await other.readAll()
        other.close()
        try await eventually(mode, "the idle connection to be closed") { server.notes.closings == [.idle] }
      },
      Check(name: "a deadline closes the connection, unless it is taken back") { mode in
        let (client, server) = try await mode.makeRecorded()
        let (other, kept) = try await mode.makeRecorded()
        await kept.connection.executor.run {
          kept.connection.setDeadline(after: .milliseconds(50))
          kept.connection.setDeadline(after: nil)
        }
        await server.connection.executor.run { server.connection.setDeadline(after: .milliseconds(50)) }
        _ = try await client.readAll()
        client.close()
        try await eventually(mode, "the deadline to pass") { server.notes.closings == [.deadline] }
        try await other.write([1])
        try await eventually(mode, "bytes on the other connection") { kept.notes.bytes == [1] }
        other.close()
      },
      Check(name: "more connections than allowed are refused and counted") { mode in
        var options = ListenOptions.patient
        options.maxConnections = 2
        let listener = try await mode.serve(on: type(of: mode).loopback, options: options) { stream in
          for try await chunk in stream.inbound { try await stream.write(chunk) }
        }
        var clients: [ByteStream] = []
        for _ in 0..<2 {
          let client = try await mode.open(listener.address, options: .patient)
          try await client.write([1])
          _ = try await client.read()
          clients.append(client)
        }
        if let third = try? await mode.open(listener.address, options: .patient) { _ = try? await third.readAll() }
        try await eventually(mode, "the refusal to be counted") { listener.refusedConnections >= 1 }
        for client in clients { client.close() }
      },
      Check(name: "ten thousand connections come and go without leaving anything") { mode in
        let listener = try await mode.serve(on: type(of: mode).loopback, options: .patient) { stream in
          for try await chunk in stream.inbound { try await stream.write(chunk) }
        }
        for batch in 0..<100 {
          try await withThrowingTaskGroup { group in
            for number in 0..<100 {
              group.addTask {
                let client = try await mode.open(
                  listener.address, on: mode.executors[number % mode.executors.count])
                try await client.write([UInt8(number)])
                let answer = try await client.read()
                try expect(answer == [UInt8(number)], "connection \(number) of batch \(batch) got no echo")
                client.close()
              }
            }
            try await group.waitForAll()
          }
        }
        try await eventually(mode, "all connections to be gone") { await mode.openConnections == 0 }
      },
    ]
  }
}
