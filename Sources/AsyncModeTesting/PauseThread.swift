#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Lets other threads run, for work that blocks on purpose.
func pauseThread() { usleep(1000) }
