/// A version of TLS.
public enum TLSVersion: Int, Sendable, Hashable, Comparable {
  /// TLS 1.2 (RFC 5246).
  case v1_2 = 2
  /// TLS 1.3 (RFC 8446).
  case v1_3 = 3

  /// Older versions come first.
  public static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.rawValue < right.rawValue }
}

/// A certificate and its key, as files in PEM format.
public struct TLSCertificate: Sendable, Hashable {
  /// The certificate, followed by those that lead to the authority.
  public var chainFile: String
  /// The private key.
  public var keyFile: String
  /// What the private key is encrypted with, or `nil`.
  public var passphrase: String?

  /// Names the files; they are read by ``TLSContext``.
  public init(chainFile: String, keyFile: String, passphrase: String? = nil) {
    self.chainFile = chainFile
    self.keyFile = keyFile
    self.passphrase = passphrase
  }
}

/// What a server offers to clients that connect over TLS.
public struct TLSServerOptions: Sendable {
  /// Whether clients show a certificate of their own.
  public enum ClientVerification: Sendable, Hashable {
    /// They are not asked for one.
    case none
    /// They are asked, and one that they show must come from one of the authorities in a file in PEM format.
    case optional(authoritiesFile: String)
    /// They are refused without one from these authorities.
    case required(authoritiesFile: String)
  }

  /// What the server proves with who it is.
  public var certificate: TLSCertificate
  /// Other certificates by the name that the client asks for (SNI); `*.example.org` stands for one label more.
  public var certificatesByName: [String: TLSCertificate] = [:]
  /// The lowest version that is spoken. Default: TLS 1.2.
  public var minimumVersion = TLSVersion.v1_2
  /// The ciphers for TLS 1.2, as OpenSSL writes them; `nil`, the default, leaves the choice to the system.
  public var ciphers: String?
  /// The cipher suites for TLS 1.3, as OpenSSL writes them; `nil`, the default, leaves the choice to the system.
  public var cipherSuites: String?
  /// Whether clients show a certificate. Default: they are not asked.
  public var clientVerification = ClientVerification.none
  /// The protocols that are offered by ALPN, best first. Default: `http/1.1`.
  public var applicationProtocols = ["http/1.1"]
  /// How long a handshake may take. Default: 10 s.
  public var handshakeTimeout: Duration = .seconds(10)

  /// Creates options for a certificate.
  public init(certificate: TLSCertificate) { self.certificate = certificate }

  /// Creates options for a certificate in files in PEM format.
  public init(certificateChain: String, privateKey: String, passphrase: String? = nil) {
    self.init(certificate: TLSCertificate(chainFile: certificateChain, keyFile: privateKey, passphrase: passphrase))
  }
}

/// How an outgoing connection is secured.
public struct TLSClientOptions: Sendable {
  /// The authorities that the server's certificate may come from, a file in PEM format. Default: those that the system
  /// trusts.
  public var authoritiesFile: String?
  /// Whether the certificate of the server, and the name in it, are verified. Default: true.
  public var verifiesServer = true
  /// What this side proves with who it is, if the server asks.
  public var certificate: TLSCertificate?
  /// The lowest version that is spoken. Default: TLS 1.2.
  public var minimumVersion = TLSVersion.v1_2
  /// The protocols that are offered by ALPN, best first. Default: none.
  public var applicationProtocols: [String] = []
  /// How long the handshake may take. Default: 10 s.
  public var handshakeTimeout: Duration = .seconds(10)

  /// Creates options with their defaults.
  public init() {}
}
