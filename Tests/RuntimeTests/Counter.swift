import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A number that threads count up.
final class Counter: Sendable {
  private let count = Atomic(0)
  func increment() { count.add(1, ordering: .relaxed) }
  var value: Int { count.load(ordering: .relaxed) }
}

/// Holds threads up until it is opened.
final class Gate: Sendable {
  private let isOpen = Atomic(false)
  func wait() { while !isOpen.load(ordering: .acquiring) { usleep(1000) } }
  func open() { isOpen.store(true, ordering: .releasing) }
}
