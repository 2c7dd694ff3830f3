internal import COpenSSL

/// Encrypted bytes on their way out; an executor has one for all its connections.
final class TLSBuffer {
  var storage = ctls_buffer()

  /// More memory than this is given back once a peak is over.
  private static let keptCapacity = 256 << 10

  deinit { ctls_buffer_free(&storage) }

  var isEmpty: Bool { storage.count == 0 }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: storage.bytes, count: storage.count) }

  func clear() {
    storage.count = 0
    if storage.capacity > Self.keptCapacity { ctls_buffer_free(&storage) }
  }
}

/// Plain bytes on their way in; an executor has one for all its connections.
final class TLSSlab {
  /// One read of a socket, and the part of a record that waited for it.
  static let size = (64 << 10) + (32 << 10)

  let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: TLSSlab.size, alignment: 64)

  deinit { bytes.deallocate() }
}
