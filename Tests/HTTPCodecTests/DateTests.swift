import CodecTesting
import HTTPCodec
import Testing

@Suite struct DateTests {
  private let now = HTTPDate(seconds: 1_795_000_000)

  private func text(_ date: HTTPDate) -> String {
    var out: [UInt8] = []
    date.append(to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  /// The example of RFC 9110, section 5.6.7, in its three forms.
  @Test(arguments: [
    "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
  ])
  func theThreeForms(_ form: String) {
    #expect(HTTPDate(form, now: now)?.seconds == 784_111_777)
    #expect(HTTPDate(form, now: now).map(text) == "Sun, 06 Nov 1994 08:49:37 GMT")
  }

  @Test(arguments: [
    (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
    (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    (-1, "Wed, 31 Dec 1969 23:59:59 GMT"), (-62_135_596_800, "Mon, 01 Jan 0001 00:00:00 GMT"),
    (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"), (Int.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
  ])
  func moments(_ seconds: Int, _ expected: String) {
    #expect(text(HTTPDate(seconds: seconds)) == expected)
    #expect(HTTPDate(expected, now: now) == HTTPDate(seconds: seconds))
  }

  @Test func whatIsWrittenIsRead() {
    var random = SeededGenerator(seed: 9)
    for _ in 0..<5000 {
      let date = HTTPDate(seconds: Int.random(in: -62_135_596_800...253_402_300_799, using: &random))
      #expect(text(date).utf8.count == 29)
      #expect(HTTPDate(text(date), now: now) == date)
    }
  }

  /// A year of two digits is never 50 years ahead or more.
  @Test func yearsOfTwoDigits() {
    for year in 0..<100 {
      let digits = year < 10 ? "0\(year)" : "\(year)"
      let date = HTTPDate("Sunday, 06-Nov-\(digits) 08:49:37 GMT", now: now)
      // 2026 is the year of `now`.
      let expected = year + 2000 < 2076 ? year + 2000 : year + 1900
      #expect(date.map(text)?.contains(" \(expected) ") == true)
    }
  }

  @Test(arguments: [
    "", " ", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 31 Feb 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 8:49:37 GMT",
    "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 199 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 0000 08:49:37 GMT", "Foo, 06 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:+7 GMT", "784111777",
  ])
  func whatIsNoDate(_ text: String) { #expect(HTTPDate(text, now: now) == nil) }
}
