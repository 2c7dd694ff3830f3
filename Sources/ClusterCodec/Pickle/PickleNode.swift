/// A value in a pickle that is not made yet: its kind, and where its content stands.
struct PickleNode {
  enum Kind: UInt8 {
    case none, bool, int, double, decimal, bigInteger, list, tuple, dictionary
    /// UTF-8.
    case text
    /// The inside of a Python string literal.
    case escapedText
    /// Latin-1 with `\u` escapes.
    case rawUnicode
    case bytes
    /// Bytes that are written as a text of characters up to U+00FF; `text` and `rawUnicode` in this form.
    case bytesAsText, bytesAsRawUnicode
    /// A name that may be called, and stands for one of ``PickleCallable``.
    case callable
  }

  let kind: Kind
  /// The number, the bits of the number, the offset of the content, or the index among the containers.
  var value: Int64
  /// The length of the content.
  var count = 0

  var range: Range<Int> { Int(value)..<Int(value) + count }
}

/// What a pickle may call: the ways in which Python writes bytes in protocols that have no opcode for them. They are not
/// called but understood; every other name is refused.
enum PickleCallable: Int64 {
  case encode, bytes, bytearray

  init?(module: some Sequence<UInt8>, name: some Sequence<UInt8>) {
    let isBuiltin = module.elementsEqual("builtins".utf8) || module.elementsEqual("__builtin__".utf8)
    if module.elementsEqual("_codecs".utf8), name.elementsEqual("encode".utf8) {
      self = .encode
    } else if isBuiltin, name.elementsEqual("bytes".utf8) {
      self = .bytes
    } else if isBuiltin, name.elementsEqual("bytearray".utf8) {
      self = .bytearray
    } else {
      return nil
    }
  }
}
