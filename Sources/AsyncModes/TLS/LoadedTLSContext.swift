internal import COpenSSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Certificates, keys and settings as OpenSSL holds them; never changed once they are loaded.
final class LoadedTLSContext: @unchecked Sendable {
  // @unchecked: nothing is changed after `init`, and OpenSSL lets any number of threads use a context.

  let pointer: OpaquePointer
  private let others: [LoadedTLSContext]

  private init(isClient: Bool, others: [LoadedTLSContext] = []) throws(AsyncModeError) {
    guard ctls_load() else {
      throw AsyncModeError(
        .unavailable,
        "TLS needs OpenSSL 3, which cannot be loaded: \(String(cString: ctls_load_error())); "
          + "install the Debian package libssl3")
    }
    guard let pointer = ctls_context_new(isClient) else {
      throw AsyncModeError(.unavailable, "OpenSSL is out of memory")
    }
    self.pointer = pointer
    self.others = others
  }

  deinit { ctls_context_free(pointer) }

  // MARK: Loading

  static func server(_ options: TLSServerOptions) throws(AsyncModeError) -> LoadedTLSContext {
    var others: [(name: String, context: LoadedTLSContext)] = []
    for (name, certificate) in options.certificatesByName.sorted(by: { $0.key < $1.key }) {
      guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
        throw AsyncModeError(
          .invalidOption,
          "certificatesByName has \"\(name)\", which is no host name; write international names in ASCII")
      }
      others.append((name, try server(options, with: certificate, others: [])))
    }
    return try server(options, with: options.certificate, others: others)
  }

  private static func server(
    _ options: TLSServerOptions, with certificate: TLSCertificate,
    others: [(name: String, context: LoadedTLSContext)]
  ) throws(AsyncModeError) -> LoadedTLSContext {
    try check(handshakeTimeout: options.handshakeTimeout)
    let context = try LoadedTLSContext(isClient: false, others: others.map(\.context))
    _ = ctls_set_minimum_version(context.pointer, Int32(options.minimumVersion.rawValue))
    if let ciphers = options.ciphers {
      try context.check(ctls_set_ciphers(context.pointer, ciphers), "ciphers is \"\(ciphers)\"")
    }
    if let suites = options.cipherSuites {
      try context.check(ctls_set_cipher_suites(context.pointer, suites), "cipherSuites is \"\(suites)\"")
    }
    try context.use(certificate)
    switch options.clientVerification {
    case .none: break
    case .optional(let file): try context.verifyClients(file, mode: 1)
    case .required(let file): try context.verifyClients(file, mode: 2)
    }
    try context.offer(options.applicationProtocols)
    for (name, other) in others {
      try context.check(ctls_add_name(context.pointer, name, other.pointer), "certificatesByName[\"\(name)\"]")
    }
    return context
  }

  static func client(_ options: TLSClientOptions) throws(AsyncModeError) -> LoadedTLSContext {
    try check(handshakeTimeout: options.handshakeTimeout)
    let context = try LoadedTLSContext(isClient: true)
    _ = ctls_set_minimum_version(context.pointer, Int32(options.minimumVersion.rawValue))
    if options.verifiesServer {
      if let file = options.authoritiesFile { try checkReadable(file, "authoritiesFile") }
      try context.check(
        ctls_trust(context.pointer, options.authoritiesFile),
        options.authoritiesFile.map { "the authorities file \"\($0)\" holds no certificates in PEM format" }
          ?? "the authorities of the system cannot be read")
      ctls_set_verification(context.pointer, 1)
    }
    if let certificate = options.certificate { try context.use(certificate) }
    try context.offer(options.applicationProtocols)
    return context
  }

  private func use(_ certificate: TLSCertificate) throws(AsyncModeError) {
    let (chain, key) = (certificate.chainFile, certificate.keyFile)
    try Self.checkReadable(chain, "certificate chain")
    try Self.checkReadable(key, "private key")
    try check(
      ctls_use_certificate_chain(pointer, chain),
      "the certificate chain file \"\(chain)\" holds no usable certificate in PEM format")
    let advice =
      certificate.passphrase == nil ? "; if it is encrypted, give its passphrase" : "; or the passphrase is wrong"
    try check(
      ctls_use_private_key(pointer, key, certificate.passphrase),
      "the private key file \"\(key)\" holds no usable key in PEM format for the certificate in \"\(chain)\"\(advice)")
    try check(
      ctls_check_private_key(pointer),
      "the private key in \"\(key)\" does not belong to the certificate in \"\(chain)\"")
  }

  private func verifyClients(_ file: String, mode: Int32) throws(AsyncModeError) {
    try Self.checkReadable(file, "client authorities")
    let message = "the client authorities file \"\(file)\" holds no certificates in PEM format"
    try check(ctls_trust(pointer, file), message)
    try check(ctls_announce_authorities(pointer, file), message)
    ctls_set_verification(pointer, mode)
  }

  private func offer(_ protocols: [String]) throws(AsyncModeError) {
    guard !protocols.isEmpty else { return }
    var list: [UInt8] = []
    for name in protocols {
      guard (1...255).contains(name.utf8.count), list.count < 32_768 else {
        throw AsyncModeError(
          .invalidOption, "applicationProtocols has \"\(name)\", but a name must have from 1 to 255 bytes")
      }
      list.append(UInt8(name.utf8.count))
      list += name.utf8
    }
    let isSet = list.withUnsafeBufferPointer { ctls_set_protocols(pointer, $0.baseAddress, $0.count) }
    try check(isSet, "applicationProtocols cannot be set")
  }

  // MARK: Errors

  private func check(_ isGood: Bool, _ message: String) throws(AsyncModeError) {
    guard !isGood else { return }
    throw AsyncModeError(.invalidOption, "tls: \(message) (OpenSSL: \(String(cString: ctls_context_error(pointer))))")
  }

  private static func check(handshakeTimeout: Duration) throws(AsyncModeError) {
    guard handshakeTimeout > .zero else {
      throw AsyncModeError(
        .invalidOption, "tls: handshakeTimeout is \(handshakeTimeout), but must be longer than zero")
    }
  }

  private static func checkReadable(_ file: String, _ what: String) throws(AsyncModeError) {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      let error = SystemError(errno)
      throw AsyncModeError(
        .invalidOption, "tls: the \(what) file \"\(file)\" cannot be read: \(SystemSocket.message(error))",
        errorNumber: error.number)
    }
    close(descriptor)
  }
}
