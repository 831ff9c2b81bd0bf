import ChildProcess
import Foundation
import Testing

@testable import XMPPEngine

private let measuredTransport = ProcessInfo.processInfo.environment["MARTLET_MEASURE"]

/// What an idle connection costs.
///
/// Run it alone, with MARTLET_MEASURE set to `TCP`, `TLSv1_2` or `TLSv1_3`: only in a fresh
/// process does memory that is used again not count. Needs python3.
@Suite("Memory of idle connections", .enabled(if: measuredTransport != nil))
struct IdleMemoryTests {
    private static let connections = 1_000

    @Test("1 000 idle connections stay within their budget")
    func idle() async throws {
        let version = measuredTransport == "TCP" ? nil : measuredTransport
        let folder = try CertificateFolder()
        let store = try CertificateStore(files: [folder.certificate("verona.example")])
        let context = try TLSContext(.server(store), profile: .startTLS)
        let server = try await LoopbackServer(tls: version == nil ? nil : context)
        let crowd = try Crowd(port: server.port, version: version, folder: folder)
        try crowd.grow(100)  // what the first ones make once for all is no part of it
        let before = try Self.proportionalKiB()
        try crowd.grow(Self.connections)
        try #require(server.listener.connectionCount == 1_100)
        let each = Double(try Self.proportionalKiB() - before) / Double(Self.connections)
        print("idle \(version ?? "TCP"): \(each) KiB per connection")
        #expect(each < (version == nil ? 6 : 22))
        crowd.end()
        try await server.stop()
    }

    private static func proportionalKiB() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/smaps_rollup", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix("Pss:") }
        let number = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return try #require(number)
    }
}

/// Many clients in a process of their own, so that only the server is measured.
private final class Crowd {
    private static let script = """
        import socket, ssl, sys
        port, version = int(sys.argv[1]), sys.argv[2]
        kept = []
        for line in sys.stdin:
            for _ in range(int(line)):
                s = socket.create_connection(("127.0.0.1", port))
                if version != "-":
                    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
                    c.minimum_version = c.maximum_version = getattr(ssl.TLSVersion, version)
                    s = c.wrap_socket(s)
                for text in (b"a" * 300, b"b" * 3000, b"c"):
                    s.sendall(text)
                    got = 0
                    while got < len(text):
                        more = len(s.recv(65536))
                        if more == 0: sys.exit(1)
                        got += more
                kept.append(s)
            sys.stdout.write("."); sys.stdout.flush()
        """
    private let process: ChildProcess

    init(port: Int, version: String?, folder: CertificateFolder) throws {
        let script = try folder.write(Self.script, "crowd.py")
        process = try ChildProcess("python3", [script, "\(port)", version ?? "-"])
    }

    func grow(_ count: Int) throws {
        process.write("\(count)\n")
        try #require(!process.readSome().isEmpty)
    }

    func end() {
        process.closeInput()
        process.wait()
    }
}
