/// Values by name, looked up by the bytes of the name as they came over the wire.
struct ByteTable<Value> {
  struct Entry {
    var name: [UInt8]
    var value: Value
  }
  private var entries: [Entry] = []
  private var buckets: [UInt64: [Int]] = [:]

  /// Up to this many names comparing all of them beats hashing.
  private static var linearLimit: Int { 8 }

  subscript(name: String) -> Value? {
    get {
      entries.first { $0.name.elementsEqual(name.utf8) }?.value
    }
    set {
      let bytes = Array(name.utf8)
      let index = entries.firstIndex { $0.name == bytes }
      switch (index, newValue) {
      case (let index?, let value?): entries[index].value = value
      case (nil, let value?): entries.append(Entry(name: bytes, value: value))
      case (let index?, nil): entries.remove(at: index)
      case (nil, nil): return
      }
      buckets = [:]
      guard entries.count > Self.linearLimit else { return }
      for (index, entry) in entries.enumerated() {
        buckets[entry.name.withUnsafeBytes { Self.hash($0) }, default: []].append(index)
      }
    }
  }

  var names: [String] { entries.map { String(decoding: $0.name, as: UTF8.self) } }
  var isEmpty: Bool { entries.isEmpty }

  func find(_ name: UnsafeRawBufferPointer) -> Value? {
    if entries.count <= Self.linearLimit {
      for entry in entries where Self.isEqual(entry.name, name) { return entry.value }
      return nil
    }
    guard let bucket = buckets[Self.hash(name)] else { return nil }
    for index in bucket where Self.isEqual(entries[index].name, name) { return entries[index].value }
    return nil
  }

  private static func isEqual(_ left: [UInt8], _ right: UnsafeRawBufferPointer) -> Bool {
    left.count == right.count && left.elementsEqual(right)
  }

  /// FNV-1a. Only names that the program registered are in the table, so nobody can make them collide.
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }
}

extension ByteTable: Sendable where Value: Sendable {}

extension ByteTable.Entry: Sendable where Value: Sendable {}
