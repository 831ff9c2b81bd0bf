import ChildProcess
import Foundation
import NIOCore
import NIOEmbedded

@testable import XMPPEngine

/// A folder that goes away with its owner.
final class CertificateFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "tls-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Makes a certificate with its key and gives its path.
    @discardableResult
    func certificate(_ hosts: String..., file: String = "server.pem") throws -> String {
        try SelfSignedCertificate.make(hosts: hosts, into: path + "/" + file)
        return path + "/" + file
    }

    func write(_ text: String, _ file: String) throws -> String {
        try text.write(toFile: path + "/" + file, atomically: true, encoding: .utf8)
        return path + "/" + file
    }

    func read(_ file: String) throws -> String {
        try String(contentsOfFile: path + "/" + file, encoding: .utf8)
    }

    func store(_ hosts: String..., fallback: String? = nil) throws -> CertificateStore {
        let files = try hosts.map { try certificate($0, file: $0 + ".pem") }
        return try CertificateStore(files: files, fallbackHost: fallback)
    }
}

/// Runs the openssl command line tool and gives what it prints.
///
/// Its input ends when it prints what was put in, or by itself.
@discardableResult
func openSSL(_ arguments: [String], input: String = "", in folder: String? = nil) throws -> String {
    let process = try ChildProcess(
        "/usr/bin/openssl", arguments, in: folder, joinsErrors: true)
    process.write(input)
    var bytes: [UInt8] = []
    while !input.isEmpty, !String(decoding: bytes, as: UTF8.self).contains(input) {
        let more = process.readSome()
        if more.isEmpty { break }
        bytes += more
    }
    process.closeInput()
    bytes += process.readToEnd()
    process.wait()
    return String(decoding: bytes, as: UTF8.self)
}

/// Keeps what reaches the end of a pipeline.
final class Recorder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private(set) var received = ByteBuffer()
    private(set) var facts: TLSFacts?
    private(set) var errors: [any Error] = []
    private(set) var isInputClosed = false
    private(set) var isInactive = false

    var text: String { String(buffer: received) }
    var tlsErrors: [TLSError] { errors.compactMap { $0 as? TLSError } }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.writeImmutableBuffer(unwrapInboundIn(data))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let facts = event as? TLSFacts { self.facts = facts }
        if event as? ChannelEvent == .inputClosed { isInputClosed = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { errors.append(error) }
    func channelInactive(context: ChannelHandlerContext) { isInactive = true }
}

/// Half-close for a channel in memory, which can only close as a whole.
final class HalfCloser: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    func close(
        context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
    ) {
        if mode == .output {
            promise?.succeed()
        } else {
            context.close(mode: mode, promise: promise)
        }
    }
}

/// One end of a session that runs in memory.
struct TLSEnd {
    let channel = EmbeddedChannel()
    let recorder = Recorder()

    init(_ context: TLSContext, host: String? = nil) throws {
        let handler = try TLSChannelHandler(context: context, host: host)
        try channel.pipeline.syncOperations.addHandlers([HalfCloser(), handler, recorder])
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 5222), promise: nil)
    }

    /// Everything that waits to be sent.
    func outbound() throws -> [ByteBuffer] {
        var buffers: [ByteBuffer] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { buffers.append(buffer) }
        return buffers
    }

    /// The connection is gone, without warning.
    func lose() { channel.pipeline.fireChannelInactive() }

    func send(_ text: String) { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }
}

/// A client and a server that talk in memory.
struct TLSPair {
    let client: TLSEnd
    let server: TLSEnd

    init(
        store: CertificateStore, serverProfile: TLSProfile = .startTLS,
        clientProfile: TLSProfile = .startTLS, sni: String? = nil, to host: String? = nil,
        clientStore: CertificateStore? = nil
    ) throws {
        server = try TLSEnd(TLSContext(.server(store), profile: serverProfile), host: host)
        client = try TLSEnd(TLSContext(.client(clientStore), profile: clientProfile), host: sni)
    }

    /// Carries bytes both ways until both are quiet, in pieces when asked.
    func run(pieces: Int = .max) throws {
        var isQuiet = false
        while !isQuiet {
            let carried = try carry(from: client, to: server, pieces)
            isQuiet = try !carry(from: server, to: client, pieces) && !carried
        }
    }

    @discardableResult
    func carry(from: TLSEnd, to: TLSEnd, _ pieces: Int = .max) throws -> Bool {
        let buffers = try from.outbound()
        for var buffer in buffers {
            while let piece = buffer.readSlice(length: min(pieces, buffer.readableBytes)),
                piece.readableBytes > 0
            {
                to.channel.pipeline.fireChannelRead(piece)
                to.channel.pipeline.fireChannelReadComplete()
            }
        }
        return !buffers.isEmpty
    }
}
