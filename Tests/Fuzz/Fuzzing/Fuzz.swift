import CFuzzer
public import CodecTesting
import Glibc

/// What is tested; set once, before the fuzzer runs.
nonisolated(unsafe) private var target: (FuzzInput) -> Void = { _ in }

/// Runs the fuzzer of LLVM, whose arguments are those of the program, on a test that traps if something is wrong.
public func fuzz(_ test: @escaping (FuzzInput) -> Void) -> Never {
  target = test
  var argumentCount = CommandLine.argc
  var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
  exit(
    LLVMFuzzerRunDriver(&argumentCount, &arguments) { start, count in
      target(FuzzInput(start, count))
      return 0
    })
}
