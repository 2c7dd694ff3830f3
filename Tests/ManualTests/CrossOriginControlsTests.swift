import AsyncModes
import EngineIO
import ServerTesting
import SocketIOServer
import Testing

// The manual's section "Cross-Origin Controls".

@Suite(.timeLimit(.minutes(2)))
struct CrossOriginControlsTests {
  /// The status of a handshake from a page of an origin; "same" stands for the server's own.
  private func status(_ origins: OriginPolicy, from origin: String?) async throws -> String {
    var options = quietOptions()
    options.engine.origins = origins
    var status = ""
    try await serving("threads", options) { server in
      let origin = origin == "same" ? "http://\(server.address)" : origin
      let answer = try await fetch(
        "/socket.io/?EIO=4&transport=polling", server.address, server.io.mode,
        fields: origin.map { "Origin: \($0)\r\n" } ?? "")
      status = String(answer.dropFirst("HTTP/1.1 ".count).prefix(3))
    }
    return status
  }

  @Test
  func sameOriginByDefault() async throws {
    #expect(SocketIOOptions().engine.origins.isSameOrigin)
    #expect(try await status(.sameOrigin, from: "same") == "200")
    #expect(try await status(.sameOrigin, from: "https://example.com") == "403")
    #expect(try await status(.sameOrigin, from: nil) == "200")
  }

  @Test
  func oneOriginSeveralAndAll() async throws {
    #expect(try await status(.origin("https://example.com"), from: "https://example.com") == "200")
    #expect(try await status(.origin("https://example.com"), from: "https://example.org") == "403")
    let both = OriginPolicy.list(["https://example.com", "https://example.org"])
    #expect(try await status(both, from: "https://example.org") == "200")
    #expect(try await status(.any, from: "https://example.net") == "200")
  }
}

extension OriginPolicy {
  fileprivate var isSameOrigin: Bool { if case .sameOrigin = self { true } else { false } }
}
