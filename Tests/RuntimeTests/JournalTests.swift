import Logging
import Testing

@testable import AsyncModes

struct JournalTests {
  @Test func aMessageIsOneLineWithItsPriority() {
    func line(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata = [:]) -> String {
      String(decoding: JournalLogHandler.line(level, "app", message, metadata), as: UTF8.self)
    }
    #expect(line(.info, "hello") == "<6>app: hello\n")
    #expect(line(.critical, "a\nb\r\0", ["b": "2", "a": "x\ny"]) == "<2>app: a\\nb\\r\\0 a=x\\ny b=2\n")
    let priorities = Logger.Level.allCases.map { line($0, "").prefix(3) }
    #expect(priorities == ["<7>", "<7>", "<6>", "<5>", "<4>", "<3>", "<2>"])
  }
}
