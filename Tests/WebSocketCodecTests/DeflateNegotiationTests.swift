import Testing
import WebSocketCodec

@Suite struct DeflateNegotiationTests {
  private func answer(_ offers: String, _ change: (inout PerMessageDeflate.Configuration) -> Void = { _ in }) -> String?
  {
    var configuration = PerMessageDeflate.Configuration()
    configuration.serverContextTakeover = true
    configuration.clientContextTakeover = true
    change(&configuration)
    return PerMessageDeflate.negotiate(offers, configuration)?.headerValue
  }

  @Test(arguments: [
    ("permessage-deflate", "permessage-deflate"),
    ("permessage-deflate; client_max_window_bits", "permessage-deflate"),
    ("permessage-deflate;server_no_context_takeover", "permessage-deflate; server_no_context_takeover"),
    ("permessage-deflate; client_no_context_takeover", "permessage-deflate; client_no_context_takeover"),
    ("permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=10"),
    ("permessage-deflate; server_max_window_bits=\"10\"", "permessage-deflate; server_max_window_bits=10"),
    ("permessage-deflate; client_max_window_bits=9", "permessage-deflate; client_max_window_bits=9"),
    ("permessage-deflate ; server_max_window_bits = 15", "permessage-deflate; server_max_window_bits=15"),
    ("x-webkit-deflate-frame, permessage-deflate", "permessage-deflate"),
    (
      "permessage-deflate; what, permessage-deflate; server_max_window_bits=12",
      "permessage-deflate; server_max_window_bits=12"
    ),
    // zlib cannot compress for a window of 8 bits: the next offer is taken.
    ("permessage-deflate; server_max_window_bits=8, permessage-deflate", "permessage-deflate"),
  ])
  func offers(_ offers: String, _ expected: String) { #expect(answer(offers) == expected) }

  @Test(arguments: [
    "", "permessage-deflatex", "permessage-deflate;", "permessage-deflate; what",
    "permessage-deflate; server_max_window_bits",
    "permessage-deflate; server_max_window_bits=8", "permessage-deflate; server_max_window_bits=16",
    "permessage-deflate; server_max_window_bits=+10", "permessage-deflate; server_max_window_bits=010",
    "permessage-deflate; server_max_window_bits=", "permessage-deflate; server_max_window_bits=\"10",
    "permessage-deflate; client_max_window_bits=7", "permessage-deflate; client_max_window_bits=a",
    "permessage-deflate; server_no_context_takeover=1", "permessage-deflate; client_no_context_takeover=",
    "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
  ])
  func offersThatCannotBeMet(_ offers: String) { #expect(answer(offers) == nil) }

  @Test func theServerAsksForWhatItWasConfiguredTo() {
    #expect(
      answer("permessage-deflate") {
        $0.serverContextTakeover = false
        $0.clientContextTakeover = false
      } == "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
    #expect(
      answer("permessage-deflate") { $0.serverMaxWindowBits = 11 } == "permessage-deflate; server_max_window_bits=11")
    #expect(
      answer("permessage-deflate; server_max_window_bits=10") { $0.serverMaxWindowBits = 11 }
        == "permessage-deflate; server_max_window_bits=10")
    // A client that does not offer it cannot be asked for a smaller window.
    #expect(answer("permessage-deflate") { $0.clientMaxWindowBits = 11 } == "permessage-deflate")
    #expect(
      answer("permessage-deflate; client_max_window_bits") { $0.clientMaxWindowBits = 11 }
        == "permessage-deflate; client_max_window_bits=11")
    #expect(
      answer("permessage-deflate; client_max_window_bits=10") { $0.clientMaxWindowBits = 11 }
        == "permessage-deflate; client_max_window_bits=10")
  }

  @Test func wrongOptionsAreNamed() {
    var configuration = PerMessageDeflate.Configuration()
    #expect(configuration.problem == nil)
    configuration.serverMaxWindowBits = 8
    #expect(configuration.problem?.hasPrefix("serverMaxWindowBits is 8") == true)
  }
}
