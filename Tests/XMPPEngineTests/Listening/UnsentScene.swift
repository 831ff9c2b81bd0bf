import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing
import XMPPCore

@testable import XMPPEngine

/// A stream over a real connection, plain or with TLS, to a peer that reads when it is told to.
final class UnsentScene: Sendable {
    /// Whole stanzas that the peer got, and those that came back.
    struct Outcome {
        var got: Int
        var returned: [Int]
    }

    static let bodyBytes = 10_000
    /// More than the system takes for a connection.
    static let many = 0..<900

    let stream: RecordingOwner
    let peer: QuietPeer
    private let listener: TCPListener
    private let group: MultiThreadedEventLoopGroup

    init(tls: Bool, limits: OutputLimits = OutputLimits(bytesMax: 64 << 20)) async throws {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let folder = try CertificateFolder()
        let context =
            try tls
            ? TLSContext(.server(folder.store("verona.example")), profile: .startTLS) : nil
        let loop = StreamLoop(driver: NIOLoopDriver(group.any()))
        try await group.any().submit { loop.adoptCurrentThread() }.get()
        let opened = OneShot<RecordingOwner>()
        listener = TCPListener(
            TCPListener.Options(.port(0, address: "127.0.0.1")), group: group,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                let operations = channel.pipeline.syncOperations
                if let context { try operations.addHandler(TLSChannelHandler(context: context)) }
                try operations.addHandler(
                    TCPStreamTransport(
                        loop: loop, contentNamespace: .client, tls: nil, outputLimits: limits
                    ) { transport in
                        let owner = RecordingOwner(transport)
                        if !tls { opened.fulfil(owner) }
                        owner.whenSecure = { opened.fulfil(owner) }
                        return owner
                    })
            }
        }
        try await listener.start()
        peer = try await QuietPeer(port: listener.localPort ?? 0, tls: tls)
        struct NoStream: Error {}
        guard let stream = await opened.value() else { throw NoStream() }
        self.stream = stream
    }

    /// Waits for what comes back, and lets the peer read to the end.
    func outcome() async throws -> Outcome {
        let returned = await stream.returned.value() ?? []
        let got = try await peer.readToEnd()
        return Outcome(got: got, returned: returned)
    }

    func end() async throws {
        await listener.stop()
        try await peer.end()
        try await group.shutdownGracefully()
    }
}

/// Sends numbered messages, and keeps what comes back; its loop guards it.
final class RecordingOwner: ByteStreamOwner, @unchecked Sendable {
    // Sendable because only the loop touches what changes.
    let loop: StreamLoop
    /// Of the messages that came back, once the connection is over.
    let returned = OneShot<[Int]>()
    var whenSecure = {}
    private var transport: TCPStreamTransport?
    private var missed: [Int] = []

    init(_ transport: TCPStreamTransport) {
        self.transport = transport
        loop = transport.loop
    }

    /// Runs work on the loop, without a pause in which it would look at its sockets.
    func onLoop(_ work: @escaping @Sendable (RecordingOwner) -> Void) {
        loop.execute { work(self) }
    }

    /// Sends messages in one turn.
    func send(_ numbers: Range<Int>) { onLoop { $0.sendNow(numbers) } }

    func sendNow(_ numbers: Range<Int>) {
        let body = String(repeating: "m", count: UnsentScene.bodyBytes)
        for number in numbers {
            // As a session does: what comes after its end goes another way.
            guard let transport else {
                missed.append(number)
                continue
            }
            transport.send(
                Stanza(
                    .message, type: .chat, id: "\(number)", from: JID("a@example.com"),
                    to: JID("b@example.com/c"), elements: [Element("body", .client, text: body)]))
        }
    }

    func flushNow() { transport?.flushOutput() }

    // MARK: ByteStreamOwner

    var isParked: Bool { false }
    var isEstablished: Bool { true }
    var limits: StreamLimits { StreamLimits() }
    var domain: String { "example.com" }
    var transportClass: TransportClass { .tcp }

    func took(_ bytes: Int) {}
    func secured(_ facts: TLSFacts) { whenSecure() }
    func parserFailed(_ error: StreamError) { shutDown(error) }

    func shutDown(_ error: StreamError) {
        let transport = transport
        self.transport = nil
        transport?.close(error)
    }

    func transportLost() { transport = nil }

    func giveBack(_ stanzas: [ParsedStanza]) {
        returned.fulfil(stanzas.compactMap { $0.id.flatMap { Int($0) } } + missed)
    }

    func parserOpened(_ header: StreamHeader) {}
    func parserReceived(_ stanza: ParsedStanza) {}
    func parserReceived(_ nonza: Element) {}
    func parserClosed() {}
}

/// The other end: reads when it is told to.
final class QuietPeer: Sendable {
    private let channel: any Channel
    private let counter: Counter

    init(port: Int, tls: Bool) async throws {
        let context = try tls ? TLSContext(.client(nil), profile: .startTLS) : nil
        let counter = Counter()
        self.counter = counter
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let operations = channel.pipeline.syncOperations
                    if let context {
                        try operations.addHandler(TLSChannelHandler(context: context))
                    }
                    try operations.addHandler(Reader(counter))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        // A handshake is over when something could be written.
        if tls { try await channel.writeAndFlush(ByteBuffer(string: " ")).get() }
        try await channel.setOption(.autoRead, value: false).get()
    }

    /// Reads until so many bytes have come in all.
    func read(atLeast bytes: Int) async throws {
        let isThere = counter.wait(for: bytes)
        try await channel.setOption(.autoRead, value: true).get()
        _ = await isThere.value()
        try await channel.setOption(.autoRead, value: false).get()
    }

    /// Reads until the connection ends; how many whole messages came in all.
    func readToEnd() async throws -> Int {
        try? await channel.setOption(.autoRead, value: true).get()
        try await channel.closeFuture.get()
        return counter.messages
    }

    /// Ends its own direction: with TLS by close_notify, too.
    func endWriting() { channel.close(mode: .output, promise: nil) }

    /// Ends the connection by a reset; what it has not read is thrown away.
    func reset() async throws {
        let options = try #require(channel as? any SocketOptionProvider)
        try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try await end()
    }

    func end() async throws {
        channel.close(promise: nil)
        channel.close(promise: nil)
        try await channel.closeFuture.get()
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let counter: Counter

        init(_ counter: Counter) { self.counter = counter }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            counter.add(unwrapInboundIn(data))
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {}
    }
}

/// What has come; a `Mutex` guards it.
private final class Counter: Sendable {
    private struct State {
        var received = ByteBuffer()
        var wanted: (bytes: Int, isThere: OneShot<Bool>)?
    }

    private static let mark = Array("</message>".utf8)
    private let state = Mutex(State())

    /// How many messages have come whole.
    var messages: Int {
        state.withLock { $0.received }.withUnsafeReadableBytes { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            var (count, place) = (0, 0)
            while place < bytes.count,
                let found = memchr(base + place, Int32(Self.mark[0]), bytes.count - place)
            {
                place = UnsafeRawPointer(found) - base
                if bytes[place...].starts(with: Self.mark) { count += 1 }
                place += 1
            }
            return count
        }
    }

    func wait(for bytes: Int) -> OneShot<Bool> {
        let isThere = OneShot<Bool>()
        state.withLock { $0.wanted = (bytes, isThere) }
        return isThere
    }

    func add(_ bytes: ByteBuffer) {
        state.withLock { state in
            state.received.writeImmutableBuffer(bytes)
            guard let wanted = state.wanted, state.received.readableBytes >= wanted.bytes else {
                return
            }
            wanted.isThere.fulfil(true)
            state.wanted = nil
        }
    }
}
