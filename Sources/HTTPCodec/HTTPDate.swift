/// A moment as HTTP writes it, to the second (RFC 9110, section 5.6.7).
public struct HTTPDate: Sendable, Hashable, Comparable {
  /// Seconds since 1970-01-01 00:00 UTC; from year 1 to year 9999.
  public let seconds: Int

  /// The seconds that can be written: the years 1 to 9999.
  private static let range = -62_135_596_800...253_402_300_799

  /// Creates a moment; one outside of the years 1 to 9999 becomes the nearest within.
  public init(seconds: Int) { self.seconds = min(max(seconds, Self.range.lowerBound), Self.range.upperBound) }

  /// Reads any of the three forms that recipients have to take; `nil` if it is none of them or names no moment.
  ///
  /// - Parameters:
  ///   - text: such as `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or `Sun Nov  6 08:49:37 1994`.
  ///   - now: years of two digits are those that lie less than 50 years after it.
  public init?(_ text: some StringProtocol, now: HTTPDate) {
    guard text.utf8.count <= 40 else { return nil }
    let parts = text.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "-" })
    guard parts.count == 6 || parts.count == 5, Self.isDay(parts[0]) else { return nil }
    let isLast = parts.count == 5
    guard isLast || parts[5] == "GMT" else { return nil }
    let (day, month, year, time) =
      isLast ? (parts[2], parts[1], parts[4], parts[3]) : (parts[1], parts[2], parts[3], parts[4])
    let clock = time.split(separator: ":", omittingEmptySubsequences: false)
    guard
      clock.count == 3, let monthNumber = Self.months.firstIndex(where: { $0.description == month }),
      let dayNumber = Self.number(day, 1...2), var yearNumber = Self.number(year, 2...4), year.utf8.count != 3,
      let hour = Self.number(clock[0], 2...2), hour < 24, let minute = Self.number(clock[1], 2...2), minute < 60,
      let second = Self.number(clock[2], 2...2), second <= 60
    else { return nil }
    if year.utf8.count == 2 {
      let current = Self.civil(days: now.seconds.floored(by: 86_400)).year
      yearNumber += current - current % 100
      if yearNumber >= current + 50 { yearNumber -= 100 }
    }
    guard yearNumber >= 1, dayNumber >= 1 else { return nil }
    let days = Self.days(year: yearNumber, month: monthNumber + 1, day: dayNumber)
    // The day of a month that has fewer days would be one of the next month.
    guard Self.civil(days: days).day == dayNumber else { return nil }
    self.init(seconds: days * 86_400 + hour * 3600 + minute * 60 + second)
  }

  /// Appends the preferred form, always of 29 bytes.
  public func append(to out: inout [UInt8]) {
    func two(_ number: Int) {
      out.append(UInt8(ascii: "0") + UInt8(number / 10))
      out.append(UInt8(ascii: "0") + UInt8(number % 10))
    }
    let days = seconds.floored(by: 86_400)
    let time = seconds - days * 86_400
    let (year, month, day) = Self.civil(days: days)
    out += Self.weekdays[(days + 4 + 7 * 200_000) % 7].description.utf8
    out += ", ".utf8
    two(day)
    out.append(UInt8(ascii: " "))
    out += Self.months[month - 1].description.utf8
    out.append(UInt8(ascii: " "))
    two(year / 100)
    two(year % 100)
    out.append(UInt8(ascii: " "))
    two(time / 3600)
    out.append(UInt8(ascii: ":"))
    two(time / 60 % 60)
    out.append(UInt8(ascii: ":"))
    two(time % 60)
    out += " GMT".utf8
  }

  /// Whether one moment is before another.
  public static func < (left: HTTPDate, right: HTTPDate) -> Bool { left.seconds < right.seconds }

  private static let weekdays: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let longWeekdays: [StaticString] = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]
  private static let months: [StaticString] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private static func isDay(_ text: some StringProtocol) -> Bool {
    weekdays.contains { $0.description == text } || longWeekdays.contains { $0.description == text }
  }

  private static func number(_ text: some StringProtocol, _ digits: ClosedRange<Int>) -> Int? {
    guard digits.contains(text.utf8.count), text.utf8.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
    return Int(text)
  }

  /// The date of a day counted from 1970-01-01, in the Gregorian calendar: eras of 400 years that begin in March.
  private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = shifted.floored(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let number = month < 10 ? month + 3 : month - 9
    return (yearOfEra + era * 400 + (number <= 2 ? 1 : 0), number, dayOfYear - (153 * month + 2) / 5 + 1)
  }

  private static func days(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted.floored(by: 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

extension Int {
  /// The quotient, rounded towards negative infinity.
  fileprivate func floored(by divisor: Int) -> Int {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
