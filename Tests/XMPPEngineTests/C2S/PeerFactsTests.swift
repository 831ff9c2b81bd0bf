import Testing
import XMPPConfig
import XMPPEngine

@Suite("What is known of a peer")
struct PeerFactsTests {
    @Test(
        "Access rules see no loopback address for whom a proxy speaks that is not trusted",
        arguments: [
            ("127.0.0.1", true, "127.0.0.1"), ("127.0.0.1", false, nil), ("::1", false, nil),
            ("192.0.2.1", false, "192.0.2.1"), ("", true, nil), ("nonsense", false, nil),
        ])
    func knownAddress(address: String, isLoopback: Bool, known: String?) {
        let facts = PeerFacts(address: address, isLoopback: isLoopback)
        #expect(facts.knownAddress == known.flatMap { IPAddress($0) })
    }
}
