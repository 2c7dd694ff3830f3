import CodecTesting
import Foundation
import SocketIOCodec
import Testing

/// Parses JSON text.
func parse(_ text: String, attachments: [[UInt8]] = [], maxDepth: Int = 128) throws(JSONError) -> SocketValue {
  try JSONText.parse(Array(text.utf8).span.bytes, attachments: attachments, maxDepth: maxDepth)
}

/// Writes JSON text.
func write(_ value: SocketValue) -> String {
  var out: [UInt8] = []
  var attachments: [[UInt8]] = []
  JSONText.append(value, to: &out, attachments: &attachments)
  return String(decoding: out, as: UTF8.self)
}

@Suite struct JSONTests {
  @Test(
    arguments: [
      ("null", nil), (" true ", true), ("\t\r\nfalse\n", false), ("0", 0), ("-0", 0), ("123", 123), ("-1", -1),
      ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
      ("9223372036854775808", .double(9_223_372_036_854_775_808)),
      ("-9223372036854775809", .double(-9_223_372_036_854_775_808)),
      ("100000000000000000", .int(100_000_000_000_000_000)), ("1000000000000000000", .int(1_000_000_000_000_000_000)),
      ("1.0", 1.0), ("1.5", 1.5), ("-0.0", .double(-0.0)), ("1e2", 100.0), ("1E+2", 100.0), ("1e-2", 0.01),
      ("0e0", 0.0),
      ("1.7976931348623157e308", .double(.greatestFiniteMagnitude)), ("5e-324", .double(.leastNonzeroMagnitude)),
      ("1e400", .double(.infinity)), ("1e-400", 0.0), ("0.1", 0.1),
      ("123456789012345678901234567890", 1.2345678901234568e29),
      ("\"\"", ""), (#""a\"\\\/\b\f\n\r\tz""#, "a\"\\/\u{8}\u{c}\n\r\tz"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
      (#""\ud83d\ude00""#, "😀"), (#""\uD83D\uDE00x""#, "😀x"), ("\"é€😀\u{7f}\"", "é€😀\u{7f}"), (#""\u0000""#, "\u{0}"),
      // Half a pair, which JavaScript can send.
      (#""\ud83d""#, "\u{fffd}"), (#""\ude00""#, "\u{fffd}"), (#""\ud83dx""#, "\u{fffd}x"),
      (#""\ud83d\u0041""#, "\u{fffd}A"),
      (#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"), (#""\ud83d\\ude00""#, "\u{fffd}\\ude00"),
      ("[]", []), ("[ ]", []), ("[1,[2,[]],\"3\"]", [1, [2, []], "3"]), ("{}", [:]), ("{ }", [:]),
      ("{\"a\":1, \"b\" : {\"c\":[null]}}", ["a": 1, "b": ["c": [nil]]]), ("{\"\":1}", ["": 1]),
      ("{\"a\":1,\"a\":2}", ["a": 2]),
      (" [ 1 , 2 ] ", [1, 2]), ("\"0123456\\n89abcdef\"", "0123456\n89abcdef"), ("\"01234567\"", "01234567"),
    ] as [(String, SocketValue)])
  func accepted(_ text: String, _ expected: SocketValue) throws {
    #expect(try parse(text) == expected)
    try JSONText.validate(Array(text.utf8).span.bytes)
  }

  @Test(arguments: [
    "", " ", "nul", "nulll", "True", "tru", "falsee", "undefined", "NaN", "Infinity", "-Infinity", "-", "+1", "01",
    "-01", "00",
    "1.", ".1", "-.1", "1.e1", "1e", "1e+", "1e-", "1e1.5", "0x1", "1_0", "1 2", "--1", "1,", "1a", "1\u{0}", "\u{0}",
    "\u{feff}1",
    "\u{a0}1", "\u{c}1", "\u{b}1", "'a'", "\"", "\"a", "\"\\", "\"\\\"", #""\x""#, #""\u""#, #""\u123""#, #""\u12g4""#,
    #""\u 123""#,
    #""\U0041""#, #""\'""#, "\"a\nb\"", "\"a\tb\"", "\"a\u{0}b\"", "\"a\u{1f}b\"", "\"01234567\u{1f}\"", "\"a\"b",
    "\"a\"\"b\"",
    "[", "]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1]]", "[1}", "[1:2]", "[}", "{", "}", "{\"a\"",
    "{\"a\":",
    "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{\"a\"}", "{\"a\",1}", "{a:1}", "{1:1}", "{null:1}",
    "{\"a\":1 \"b\":2}", "{\"a\":1]",
    "{\"a\"::1}", "{'a':1}", "{]", "// a\n1", "/**/1", "[1]x", "{}{}", "[]\u{0}", "nulltrue", "[\"a\"", "[\"a",
    "\"\u{7f}", "[[[", "{\"a\":[",
  ])
  func refused(_ text: String) {
    #expect(throws: JSONError.self) { try parse(text) }
    #expect(throws: JSONError.self) { try JSONText.validate(Array(text.utf8).span.bytes) }
  }

  @Test func errorsSayWhere() {
    #expect(throws: JSONError.self) { try parse("[1, x]") }
    do {
      _ = try parse("[1, x]")
    } catch {
      #expect(error.offset == 4)
      #expect("\(error)" == "this is no value at byte 4")
    }
  }

  @Test func depth() throws {
    func nested(_ depth: Int, _ open: String, _ close: String) -> String {
      String(repeating: open, count: depth) + String(repeating: close, count: depth)
    }
    for (open, close) in [("[", "]"), ("{\"a\":[", "]}")] {
      let unit = open.count > 1 ? 2 : 1
      #expect(throws: Never.self) { try parse(nested(128 / unit, open, close)) }
      #expect(throws: JSONError.self) { try parse(nested(128 / unit + 1, open, close)) }
      #expect(throws: JSONError.self) { try JSONText.validate(Array(nested(129, open, close).utf8).span.bytes) }
      #expect(throws: JSONError.self) { try parse(String(repeating: open, count: 100_000)) }
    }
    #expect(try parse("1", maxDepth: 0) == 1)
    #expect(throws: JSONError.self) { try parse("[]", maxDepth: 0) }
    #expect(try parse("[[]]", maxDepth: 2) == [[]])
  }

  @Test func bytesThatAreNotUTF8DoNoHarm() throws {
    let bytes: [UInt8] = [0x22, 0xff, 0xc3, 0x22]
    #expect(try JSONText.parse(bytes.span.bytes).stringValue?.isEmpty == false)
    #expect(throws: JSONError.self) { try JSONText.parse([UInt8(0xff)].span.bytes) }
  }

  @Test(
    arguments: [
      ("", []), (" ", []), ("1", [1]), ("1,2", [1, 2]), (" 1 , [2] ", [1, [2]]), ("{\"a\":1},null", [["a": 1], nil]),
    ] as [(String, [SocketValue])])
  func elements(_ text: String, _ expected: [SocketValue]) throws {
    #expect(try JSONText.parseElements(Array(text.utf8).span.bytes) == expected)
  }

  @Test(arguments: [",", "1,", "1,,2", ",1", "1 2", "1]", "[1"])
  func badElements(_ text: String) {
    #expect(throws: JSONError.self) { try JSONText.parseElements(Array(text.utf8).span.bytes) }
  }

  @Test(
    arguments: [
      (nil, "null"), (true, "true"), (false, "false"), (0, "0"), (.int(.max), "9223372036854775807"),
      (.int(.min), "-9223372036854775808"), (1.5, "1.5"), (2.0, "2"), (.double(-0.0), "-0.0"), (1e21, "1e+21"),
      (0.1, "0.1"),
      (.double(.nan), "null"), (.double(.infinity), "null"), (-3.0, "-3"),
      ("a\"\\/\u{8}\u{c}\n\r\t", #""a\"\\/\b\f\n\r\t""#),
      ("\u{0}\u{1}\u{f}\u{10}\u{1a}\u{1f}\u{7f}é", "\"\\u0000\\u0001\\u000f\\u0010\\u001a\\u001f\u{7f}é\""), ([], "[]"),
      ([1, [nil]], "[1,[null]]"), ([:], "{}"), (["b": 1, "a": [:]], #"{"b":1,"a":{}}"#),
    ] as [(SocketValue, String)])
  func written(_ value: SocketValue, _ expected: String) { #expect(write(value) == expected) }
}
