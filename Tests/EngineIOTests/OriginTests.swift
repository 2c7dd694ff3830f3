import ServerTesting
import Testing

@testable import AsyncModes
@testable import EngineIO

/// Origins depend on whether the connection is encrypted.
struct OriginTests {
  @Test(arguments: [
    ("http://h", false, 200), ("https://h", false, 403), ("http://h", true, 403), ("https://h", true, 200),
  ])
  func theSchemeIsThatOfTheConnection(_ origin: String, _ isSecure: Bool, _ status: Int) throws {
    let harness = try EngineHarness()
    let connection = harness.connect()
    connection.isSecure = isSecure
    connection.receive("GET /engine.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: h\r\nOrigin: \(origin)\r\n\r\n")
    harness.mode.run()
    #expect(connection.take().hasPrefix("HTTP/1.1 \(status) "))
    if status == 200 { #expect(harness.echo.sessions.first?.request.isSecure == isSecure) }
  }
}
