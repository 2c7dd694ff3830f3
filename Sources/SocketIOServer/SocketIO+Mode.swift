public import AsyncModeSelection
internal import AsyncModes

extension SocketIO {
  /// Creates a server on the runtime of a name, or on the best one that can run here.
  ///
  /// - Parameters:
  ///   - app: what answers requests that are not for Socket.IO; without it they get 404.
  ///   - asyncMode: which runtime; `ASYNC_MODE` in the environment overrides `.auto`.
  ///   - executors: how many executors; `nil` stands for one for each core.
  ///   - options: see ``SocketIOOptions``.
  /// - Throws: `AsyncModeError` with the code `unavailable` and what to install, or `invalidOption`.
  public convenience init(
    app: (any HTTPApplication)? = nil, asyncMode: AsyncModeChoice, executors: Int? = nil,
    options: SocketIOOptions = SocketIOOptions()
  ) throws {
    try self.init(options: options)
    try attach(app: app, asyncMode: asyncMode, executors: executors)
  }

  /// Gives the server the runtime of a name, or the best one that can run here.
  ///
  /// - Parameters:
  ///   - app: what answers requests that are not for Socket.IO; without it they get 404.
  ///   - asyncMode: which runtime; `ASYNC_MODE` in the environment overrides `.auto`.
  ///   - executors: how many executors; `nil` stands for one for each core.
  ///   - options: take the place of those that the server was created with.
  /// - Throws: what ``attach(app:mode:options:)`` throws, and `AsyncModeError` with the code `unavailable`.
  public func attach(
    app: (any HTTPApplication)? = nil, asyncMode: AsyncModeChoice = .auto, executors: Int? = nil,
    options: SocketIOOptions? = nil
  ) throws {
    guard !isAttached else {
      throw SocketIOError(.alreadyAttached, "the server has a runtime already; create another server")
    }
    try options?.validate()
    // Before there are threads that nobody would end.
    try registry.validate()
    let logger = (options ?? self.options).logger
    let selection = try AsyncModeSelection.select(
      asyncMode, configuration: ModeConfiguration(executorCount: executors, logger: logger))
    try attach(app: app, mode: selection.mode, options: options)
  }
}
