import StreamFakes
import XMPPCore
import XMPPEngine

@testable import HTTPFront

/// HTTP polling: requests, keys, and the stream they carry up to a bound session.
enum PollTarget {
    static func run(_ input: Input) {
        let driver = ManualLoop()
        let loop = StreamLoop(driver: driver)
        loop.adoptCurrentThread()
        let host = FakeHost()
        var client: Client?
        for record in input.records {
            Array(record).withUnsafeBytes { bytes in
                guard let request = PollRequest(bytes) else { return }
                let content = UnsafeRawBufferPointer(rebasing: bytes[request.content])
                switch request.identifier {
                case .new, .newMobile:
                    client?.session.transportLost()
                    client = Client(host, loop, key: request.key)
                case .session:
                    guard client?.keys.accept(key: request.key, newKey: request.newKey) == true
                    else { return }
                }
                client?.take(content)
            }
            driver.turn()
        }
        client?.session.transportLost()
        driver.turn()
        let counts = host.sessionCounts
        require(counts.bound == counts.ended, "\(counts)")
    }

    private final class Client {
        let transport: FakeTransport
        let session: C2SSession
        let reader = PollInput()
        var keys: PollKeys

        init(_ host: FakeHost, _ loop: StreamLoop, key: String?) {
            keys = PollKeys(first: key)
            transport = FakeTransport(loop: loop, kind: .polling)
            session = C2SSession(
                transport: transport, peer: PeerFacts(address: "", isLoopback: true),
                directory: host,
                options: C2SOptions())
            transport.onRestart = { [unowned reader] in reader.restart() }
            transport.onClose = { [unowned reader] in reader.close() }
        }

        func take(_ content: UnsafeRawBufferPointer) {
            if let error = reader.take(content, for: session) { session.parserFailed(error) }
        }
    }
}
