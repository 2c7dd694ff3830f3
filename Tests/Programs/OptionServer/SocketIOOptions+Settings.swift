import ArgumentParser
import AsyncModes
import EngineIO
import EngineIOCodec
import HTTPCodec
import HTTPServing
import SocketIOServer
import WebSocketCodec

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension SocketIOOptions {
  /// Sets an option by its name.
  mutating func apply(_ setting: String) throws {
    let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else { throw ValidationError("\(setting): NAME=VALUE is wanted") }
    let (name, value) = (parts[0], parts[1])
    let list = value.split(separator: ",").map(String.init)
    func number() throws -> Int {
      guard let number = Int(value) else { throw ValidationError("\(setting): a number is wanted") }
      return number
    }
    let flag = value == "true"
    switch name {
    case "pingInterval": engine.pingInterval = .milliseconds(try number())
    case "pingTimeout": engine.pingTimeout = .milliseconds(try number())
    case "upgradeTimeout": engine.upgradeTimeout = .milliseconds(try number())
    case "monitorsClients": engine.monitorsClients = flag
    case "maxPayload": engine.maxPayload = try number()
    case "maxOutgoingBytes": engine.maxOutgoingBytes = try number()
    case "maxPollPackets": engine.maxPollPackets = try number()
    case "maxPostPackets": engine.maxPostPackets = try number()
    case "maxSessionsPerAddress": engine.maxSessionsPerAddress = try number()
    case "allowsUpgrades": engine.allowsUpgrades = flag
    case "allowsCredentials": engine.allowsCredentials = flag
    case "preflightMaxAge": engine.preflightMaxAge = .seconds(try number())
    case "transports": engine.transports = Set(list.compactMap { EngineConfiguration.Transport(rawValue: $0) })
    case "assumedRevision": engine.assumedRevision = EngineIORevision(rawValue: UInt8(value) ?? 0)
    case "clientFiles": clientFiles = value
    case "keepAliveTimeout": http.keepAliveTimeout = .milliseconds(try number())
    case "requestTimeout": http.requestTimeout = .milliseconds(try number())
    case "limits.maxRequestLineBytes": http.limits.maxRequestLineBytes = try number()
    case "limits.maxHeadBytes": http.limits.maxHeadBytes = try number()
    case "limits.maxFieldCount": http.limits.maxFieldCount = try number()
    case "limits.maxBodyBytes": http.limits.maxBodyBytes = try number()
    case "limits.maxChunkLineBytes": http.limits.maxChunkLineBytes = try number()
    case "maxPipelinedBytes": http.maxPipelinedBytes = try number()
    case "revisions": engine.revisions = Set(list.compactMap { EngineIORevision(rawValue: UInt8($0) ?? 0) })
    case "slowClientPolicy":
      engine.slowClientPolicy = value == "drop" ? .drop : value == "wait" ? .wait : .disconnect
    case "origins":
      switch value {
      case "any": engine.origins = .any
      case "unchecked": engine.origins = .unchecked
      case "predicate":
        engine.origins = .predicate { origin, request in
          origin.hasSuffix(".example") && request.head.value("x-page") == "good"
        }
      default: engine.origins = .list(list)
      }
    case "cookie":
      var cookie = EngineCookie(name: list[0])
      if list.count > 1 {
        cookie.path = "/app"
        cookie.domain = "example.com"
        cookie.isSecure = true
        cookie.isHTTPOnly = false
        cookie.sameSite = EngineCookie.SameSite.none
        cookie.maxAge = .seconds(60)
      }
      engine.cookie = cookie
    case "httpCompression":
      engine.httpCompression = nil
      if value != "off" {
        var compression = EngineConfiguration.HTTPCompression()
        compression.threshold = try number()
        engine.httpCompression = compression
      }
    case "allowRequest":
      engine.allowRequest = { request in
        if value == "async" { await Task.yield() }
        return request.head.value("x-token") == "secret" ? .allowed : .refused("\"No\" entry")
      }
    case "responseHeaders":
      engine.responseHeaders = { request, isHandshake in
        [
          EngineHeaderField("X-Handshake", "\(isHandshake)"), EngineHeaderField("X-Secure", "\(request.isSecure)"),
          EngineHeaderField("X-Address", request.remoteAddress?.host ?? "-"),
          EngineHeaderField("X-Host", request.host ?? "-"), EngineHeaderField("X-Forged", "a\r\nX-Injected: b"),
        ]
      }
    case "trustedProxies": http.trustedProxies = try TrustedProxies(list)
    case "proxyProtocol": http.proxyProtocol = try TrustedProxies(list)
    case "connectionLimit": http.connectionLimit = try AddressLimit(try number(), name: "connectionLimit")
    case "accessLog":
      var log = AccessLog {
        print("access: \($0)")
        fflush(nil)
      }
      log.format = list.contains("common") ? .common : .combined
      log.hasDuration = list.contains("duration")
      log.hasQuery = list.contains("query")
      http.accessLog = log
    default: try applyCompression(name, value, try number(), flag)
    }
  }

  private mutating func applyCompression(_ name: String, _ text: String, _ number: Int, _ flag: Bool) throws {
    var compression = engine.webSocketCompression ?? PerMessageDeflate.Configuration()
    switch name {
    case "deflate.threshold": compression.threshold = number
    case "deflate.takeover":
      compression.serverContextTakeover = number & 1 != 0
      compression.clientContextTakeover = number & 2 != 0
    case "deflate.serverMaxWindowBits": compression.serverMaxWindowBits = number
    case "deflate.clientMaxWindowBits": compression.clientMaxWindowBits = number
    case "deflate.level": compression.compressionLevel = number
    case "deflate.memoryLevel": compression.memoryLevel = number
    case "deflate.maxContextBytes": compression.maxContextBytes = number
    default: throw ValidationError("there is no option \(name)")
    }
    engine.webSocketCompression = compression
  }
}
