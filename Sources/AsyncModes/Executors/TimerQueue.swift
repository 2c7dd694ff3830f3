/// What a timer calls when it is due.
public protocol TimerTarget: AnyObject {
  /// The timer is due; called on the executor it was scheduled on. The timer is gone from the queue already.
  func timerFired()

  /// The executor has ended, so the timer will never be due. The default does nothing.
  func executorEnded()
}

extension TimerTarget {
  /// Does nothing.
  public func executorEnded() {}
}

/// Names a scheduled timer of one ``IOExecutor``.
public struct TimerID: Sendable, Hashable {
  var slot: UInt32
  var generation: UInt32

  /// A name that no timer ever has; cancelling it does nothing.
  public static let none = TimerID(slot: .max, generation: 0)
}

/// Timers ordered by deadline in a binary heap; equal deadlines fire in the order of scheduling.
///
/// Scheduling and cancelling cost O(log n) and allocate nothing once the arrays have grown.
struct TimerQueue {
  private struct Slot {
    var target: (any TimerTarget)?
    var heapIndex: UInt32
    var generation: UInt32
  }
  private struct Entry {
    var deadline: UInt64
    var sequence: UInt64
    var slot: UInt32

    func isBefore(_ other: Entry) -> Bool {
      deadline != other.deadline ? deadline < other.deadline : sequence < other.sequence
    }
  }

  private var slots: ContiguousArray<Slot> = []
  private var free: ContiguousArray<UInt32> = []
  private var heap: ContiguousArray<Entry> = []
  private var sequence: UInt64 = 0
  private var firstGeneration: UInt32 = 0

  /// The number of timers that are waiting.
  var count: Int { heap.count }

  /// When the next timer is due.
  var nextDeadline: MonotonicInstant? { heap.first.map { MonotonicInstant(nanoseconds: $0.deadline) } }

  mutating func schedule(at deadline: MonotonicInstant, _ target: any TimerTarget) -> TimerID {
    let slot: UInt32
    if let reused = free.popLast() {
      slot = reused
      slots[Int(slot)].target = target
    } else {
      slot = UInt32(slots.count)
      slots.append(Slot(target: target, heapIndex: 0, generation: firstGeneration))
    }
    sequence += 1
    heap.append(Entry(deadline: deadline.nanoseconds, sequence: sequence, slot: slot))
    slots[Int(slot)].heapIndex = UInt32(heap.count - 1)
    siftUp(heap.count - 1)
    return TimerID(slot: slot, generation: slots[Int(slot)].generation)
  }

  /// Removes a timer; a timer that has fired or was cancelled is left alone.
  mutating func cancel(_ id: TimerID) {
    guard Int(id.slot) < slots.count, slots[Int(id.slot)].generation == id.generation,
      slots[Int(id.slot)].target != nil
    else { return }
    remove(at: Int(slots[Int(id.slot)].heapIndex))
  }

  /// Takes out the next timer that is due.
  mutating func popDue(at now: MonotonicInstant) -> (any TimerTarget)? {
    guard let first = heap.first, first.deadline <= now.nanoseconds else { return nil }
    let target = slots[Int(first.slot)].target
    remove(at: 0)
    return target
  }

  /// Takes out all timers, whenever they are due.
  mutating func removeAll() -> [any TimerTarget] {
    let targets = slots.compactMap { $0.target }
    for slot in slots.indices where slots[slot].target != nil { remove(at: Int(slots[slot].heapIndex)) }
    return targets
  }

  /// Gives memory back after a peak.
  mutating func shrinkIfEmpty() {
    guard heap.isEmpty, slots.capacity > 1024 else { return }
    // A fresh table would hand out names that old holders still have, so the generations go on from where they were.
    firstGeneration = slots.reduce(firstGeneration) { max($0, $1.generation) } &+ 1
    slots = []
    free = []
    heap = []
  }

  private mutating func remove(at index: Int) {
    let slot = Int(heap[index].slot)
    slots[slot].target = nil
    slots[slot].generation &+= 1
    free.append(UInt32(slot))
    let last = heap.removeLast()
    guard index < heap.count else { return }
    heap[index] = last
    slots[Int(last.slot)].heapIndex = UInt32(index)
    siftUp(index)
    siftDown(index)
  }

  private mutating func siftUp(_ start: Int) {
    var index = start
    while index > 0 {
      let parent = (index - 1) / 2
      guard heap[index].isBefore(heap[parent]) else { return }
      swap(index, parent)
      index = parent
    }
  }

  private mutating func siftDown(_ start: Int) {
    var index = start
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child].isBefore(heap[least]) {
        least = child
      }
      guard least != index else { return }
      swap(index, least)
      index = least
    }
  }

  private mutating func swap(_ first: Int, _ second: Int) {
    heap.swapAt(first, second)
    slots[Int(heap[first].slot)].heapIndex = UInt32(first)
    slots[Int(heap[second].slot)].heapIndex = UInt32(second)
  }
}
