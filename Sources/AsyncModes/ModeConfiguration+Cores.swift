internal import CAsyncModes

extension ModeConfiguration {
  /// The number of cores that this process is allowed to run on; at least 1.
  public static var availableCores: Int { max(1, Int(async_modes_cores())) }
}
