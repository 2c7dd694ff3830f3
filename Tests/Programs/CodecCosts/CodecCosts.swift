import CodecWorkloads

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Does one thing with a codec so many times, for those who count instructions: `codec-costs CASE TIMES`; without
/// arguments it lists the cases. Scripts/codec-costs holds the counts against the limits that are kept beside this file.
@main enum CodecCosts {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, let body = CodecWorkload.all.first(where: { $0.name == arguments[1] })?.run,
      let times = Int(arguments[2]), times > 0
    else {
      for entry in CodecWorkload.all { print(entry.name) }
      exit(arguments.count == 1 ? 0 : 64)
    }
    var sum = 0
    for _ in 0..<times { sum &+= try body() }
    // What is computed is used, or the compiler would leave it out.
    if sum == .min { print(sum) }
  }
}
