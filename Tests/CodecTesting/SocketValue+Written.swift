public import SocketIOCodec

extension SocketValue {
  /// What comes back when the value is written as JSON text and read again: whole doubles become integers.
  public var asWritten: SocketValue {
    switch self {
    case .double(let number):
      guard let integer = Int64(exactly: number), number.magnitude < 9_007_199_254_740_992,
        number.sign == .plus || integer != 0
      else { return self }
      return .int(integer)
    case .array(let values): return .array(values.map(\.asWritten))
    case .object(let object):
      var result = SocketObject()
      for (name, value) in object { result.append(name, value.asWritten) }
      return .object(result)
    default: return self
    }
  }

  /// Whether JSON has a form for it. Numbers beyond what a double holds are written as `null`, as JavaScript does.
  public var isWritable: Bool {
    switch self {
    case .double(let number): number.isFinite
    case .array(let values): values.allSatisfy(\.isWritable)
    case .object(let object): object.allSatisfy(\.value.isWritable)
    default: true
    }
  }
}
