#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The executor whose turn runs on this thread, kept in thread-specific storage.
enum CurrentExecutor {
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()

  /// The address of the executor of this thread, if any; compared, never dereferenced.
  static var address: UnsafeMutableRawPointer? { pthread_getspecific(key) }

  /// Marks this thread as running `executor`, and answers whom it ran before.
  static func enter(_ executor: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    let previous = pthread_getspecific(key)
    pthread_setspecific(key, executor)
    return previous
  }
}
