import ClusterCodec
import SocketIOCodec
import Testing

/// Pickles, beside those of Python itself.
struct PickleTests {
  static let values: [(python: String, value: SocketValue)] = [
    ("None", nil), ("True", true), ("False", false), ("0", 0), ("-1", -1), ("255", 255), ("256", 256), ("65536", 65536),
    ("-2147483649", -2_147_483_649), ("2**63-1", .int(.max)), ("-2**63", .int(.min)), ("2**70", .double(0x1p70)),
    ("-2**70", .double(-0x1p70)), ("2**63", .double(0x1p63)), ("1.5", 1.5), ("-0.1", -0.1), ("1e300", 1e300),
    ("''", ""),
    ("'abc'", "abc"), ("'ü€😀\\n\\\\u0041\\'\"'", "ü€😀\n\\u0041'\""),
    ("'x'*300", .string(String(repeating: "x", count: 300))),
    ("b''", .binary([])), ("b'abc'", .binary(Array("abc".utf8))), ("bytes(range(256))", .binary(Array(0...255))),
    ("bytearray(b'')", .binary([])), ("bytearray(range(256))", .binary(Array(0...255))),
    ("b'\\xff'*70000", .binary([UInt8](repeating: 255, count: 70_000))),
    ("[]", []), ("()", []), ("{}", [:]), ("(1,)", [1]), ("(1,2)", [1, 2]), ("(1,2,3)", [1, 2, 3]),
    ("(1,2,3,4)", [1, 2, 3, 4]), ("[1,[2,[3,[]]]]", [1, [2, [3, []]]]),
    ("list(range(3000))", .array((0..<3000).map { .int($0) })),
    ("{'a':1,'b':[True,None],'c':{'d':b'e'}}", ["a": 1, "b": [true, nil], "c": ["d": .binary([0x65])]]),
    ("{1:2,None:3,True:4,2.5:5}", ["1": 4, "null": 3, "2.5": 5]),
    ("(lambda s: [s, s, {'s': s}])('shared')", ["shared", "shared", ["s": "shared"]]),
    ("(lambda l: [l, l])([1, 'x'])", [[1, "x"], [1, "x"]]),
    ("(lambda t: (t, [t]))((1, 2))", [[1, 2], [[1, 2]]]),
  ]

  func read(_ pickle: [UInt8], limits: PickleLimits = PickleLimits()) throws(PickleError) -> SocketValue {
    try PickleDocument.read(pickle.span.bytes, limits: limits) { document throws(PickleError) in
      try document.socketValue(document.root)
    }
  }

  @Test func readsWhatPythonWrites() throws {
    let list = Self.values.map(\.python).joined(separator: ",\n")
    let output = try python(
      """
      import pickle
      for protocol in range(6):
          for value in [\(list)]:
              print(pickle.dumps(value, protocol).hex())
      """)
    let pickles = output.split(separator: "\n").map { bytes(hex: $0) }
    try #require(pickles.count == 6 * Self.values.count)
    for (index, pickle) in pickles.enumerated() {
      let (text, expected) = Self.values[index % Self.values.count]
      // In Python, 1 and True are one name.
      let value = try read(pickle)
      if case .object(let object) = expected, object["null"] != nil {
        #expect(value["null"] == 3 && value["2.5"] == 5, "protocol \(index / Self.values.count): \(text)")
      } else {
        #expect(value == expected, "protocol \(index / Self.values.count): \(text.prefix(60))")
      }
    }
  }

  @Test func writesWhatPythonReads() throws {
    var input = ""
    var expected: [String] = []
    for (text, value) in Self.values where !text.contains("None:") && !text.hasPrefix("2**") && !text.hasPrefix("-2**7")
    {
      var writer = PickleWriter()
      writer.append(value)
      input += hex(writer.finish()) + "\n"
      expected.append(text)
    }
    let list = expected.joined(separator: ",\n")
    let output = try python(
      """
      import pickle, sys
      def plain(value):
          if isinstance(value, (list, tuple)): return [plain(item) for item in value]
          if isinstance(value, dict): return {plain(name): plain(item) for name, item in value.items()}
          return bytes(value) if isinstance(value, bytearray) else value
      for line, value in zip(sys.stdin.read().split(), [\(list)], strict=True):
          got = pickle.loads(bytes.fromhex(line))
          if got != plain(value) or type(got) is not type(plain(value)): print(repr(got)[:80], repr(value)[:80])
      """, input: input)
    #expect(output == "")
    #expect(expected.count > 30)
  }

  @Test func keepsTuplesApart() throws {
    var writer = PickleWriter()
    writer.appendTuple {
      $0.append(Int64(1)); $0.append("x" as String)
    }
    let pickle = writer.finish()
    let (isTuple, count) = try PickleDocument.read(pickle.span.bytes) { document in
      (document.isTuple(document.root), document.elements(document.root)?.count)
    }
    #expect(isTuple && count == 2)
  }

  static let hostile: [(name: String, program: String)] = [
    (
      "os.system",
      "class X:\n  def __reduce__(self): import os; return os.system, ('true',)\nvalues = [X(), [X()], {'data': X()}]"
    ),
    ("eval", "class X:\n  def __reduce__(self): return eval, ('1',)\nvalues = [X()]"),
    ("set", "values = [{1}, frozenset([1])]"), ("complex", "values = [1j]"), ("type", "values = [int, len]"),
    ("decimal", "import decimal, datetime\nvalues = [decimal.Decimal(1), datetime.date(2020, 1, 1)]"),
    ("codec", "import codecs\nclass X:\n  def __reduce__(self): return codecs.encode, ('x', 'rot13')\nvalues = [X()]"),
    ("bytes of a number", "class X:\n  def __reduce__(self): return bytes, (10**9,)\nvalues = [X()]"),
    ("bytes of a list", "class X:\n  def __reduce__(self): return bytearray, ([1],)\nvalues = [X()]"),
  ]

  @Test(arguments: hostile.indices)
  func refusesEverythingButPlainData(_ index: Int) throws {
    let output = try python(
      """
      import pickle
      \(Self.hostile[index].program)
      for value in values:
          for protocol in range(6): print(pickle.dumps(value, protocol).hex())
      """)
    let lines = output.split(separator: "\n")
    try #require(lines.count >= 6)
    for line in lines { #expect(throws: PickleError.self) { try read(bytes(hex: line)) } }
  }

  static let broken = [
    "", ".", "N", "NN.", "(.", "(N.", "0.", "1.", "2.", "a.", "]a.", "Na.", "NNa.", "]Ne.", "}Ns.", "](NNu.", "t.",
    "R.", ")R.",
    "N)R.", "h\0.", "q\0N.", "I12x\n.", "Ix\n.", "L\n.", "L-L\n.", "F1.x\n.", "S'a\n.", "Sa\n.", "V",
    "X\u{5}\0\0\0abc.",
    "B\u{7f}\u{7f}\u{7f}\u{7f}x.", "\u{1}.", "P1\n.", "NQ.", "cos\nsystem\n.", "c_codecs\nencode\n.",
    "c_codecs\nencode\n).",
    "c_codecs\nencode\n)R.", "c_codecs\nencode\n(Va\nVutf8\ntR.", "c__builtin__\nbytes\n(I1\ntR.",
    "icollections\nOrderedDict\n.", "(cos\nsystem\no.", "r\u{7f}\u{7f}\u{7f}\u{7f}.", "p99999999\n.", "g-1\n.",
    "Np-1\n.", "(a.",
    "](a.", "(0N(.", "N.N.",
  ]

  @Test(arguments: broken)
  func refusesWhatIsBroken(_ text: String) {
    #expect(throws: PickleError.self) { try read(Array(text.utf8)) }
  }

  @Test func doesNotGrowBeyondItsLimits() throws {
    // Each list holds the one before it twice: 2^60 values in 400 bytes.
    var bomb = Array("N".utf8)
    for place in 0..<60 as Range<UInt8> {
      bomb += Array("q".utf8) + [place] + Array("0](h".utf8) + [place] + Array("h".utf8) + [place] + Array("e".utf8)
    }
    #expect { try read(bomb + Array(".".utf8)) } throws: { "\($0)".contains("stands for more than") }
    #expect { try read(Array(repeating: UInt8(ascii: "]"), count: 300_000)) } throws: { "\($0)".contains("more than") }
    // A list in a list in a list, and one that holds itself.
    let deep =
      Array(repeating: UInt8(ascii: "]"), count: 5000) + Array(repeating: UInt8(ascii: "a"), count: 4999)
      + Array(".".utf8)
    #expect { try read(deep) } throws: { "\($0)".contains("nested") }
    #expect { try read(Array("]q\0h\0a.".utf8)) } throws: { "\($0)".contains("nested") }
    // A text of 1 MB, a hundred times.
    var shared = Array("X\0\0\u{10}\0".utf8) + Array(repeating: UInt8(ascii: "x"), count: 1 << 20) + Array("q\0".utf8)
    shared = Array("](".utf8) + shared
    for _ in 0..<100 { shared += Array("h\0".utf8) }
    #expect { try read(shared + Array("e.".utf8)) } throws: { "\($0)".contains("bytes") }
    #expect(throws: PickleError.self) {
      try read(Array("I".utf8) + Array(repeating: 0x31, count: 2000) + Array("\n.".utf8))
    }
    #expect(throws: PickleError.self) { try read(bytes(hex: "8b" + "ffffff7f")) }
  }

  @Test func standsEveryPrefixAndEveryChange() throws {
    let output = try python(
      """
      import pickle
      value = {'method': 'emit', 'event': 'x', 'data': ({'a': [1, 2.5, None, True]}, b'\\xff\\x00', 2**80), 'room': None}
      for protocol in range(6): print(pickle.dumps(value, protocol).hex())
      """)
    for line in output.split(separator: "\n") {
      let pickle = bytes(hex: line)
      for count in 0..<pickle.count { #expect(throws: PickleError.self) { try read(Array(pickle[..<count])) } }
      for index in pickle.indices {
        for change in [0x00, 0x01, 0x80, 0xff, 0x28, 0x2e, 0x52, 0x63] as [UInt8] {
          var changed = pickle
          changed[index] = change
          _ = try? read(changed)
        }
      }
    }
  }
}
