import Foundation
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import XMPPEngine

@Suite("TCP listener")
struct TCPListenerTests {
    @Test("A connection is set up with its peer's address and served")
    func serves() async throws {
        let server = try await LoopbackServer()
        let client = try #require(PlainClient(port: server.port))
        #expect(client.exchange("<stream>") == "<stream>")
        #expect(server.connections.first?.peer?.ipAddress == "127.0.0.1")
        #expect(server.connections.first?.local?.port == server.port)
        #expect(server.listener.connectionCount == 1)
        try await server.stop()
    }

    @Test("More than one read's bytes come through, first small, then large")
    func growing() async throws {
        let server = try await LoopbackServer()
        let client = try #require(PlainClient(port: server.port))
        for size in [1, 64, 65, 5_000, 60_000, 1] {
            let text = String(repeating: "x", count: size)
            #expect(client.exchange(text) == text)
        }
        try await server.stop()
    }

    @Test("A port in use, an address that is not ours: the error says which and why")
    func bindErrors() async throws {
        let server = try await LoopbackServer()
        let taken = Endpoint.port(server.port, address: "127.0.0.1")
        let error = await #expect(throws: ListenerError.self) {
            try await LoopbackServer { $0.endpoint = taken }
        }
        #expect(error?.description == "address already in use: 127.0.0.1:\(server.port)")
        let foreign = await #expect(throws: ListenerError.self) {
            try await LoopbackServer { $0.endpoint = .port(0, address: "192.0.2.1") }
        }
        #expect(foreign?.description == "cannot assign requested address: 192.0.2.1:0")
        try await server.stop()
    }

    @Test("`::` takes IPv6 and IPv4, whose peers are shown as IPv4")
    func dualStack() async throws {
        let server = try await LoopbackServer { $0.endpoint = .port(0, address: "::") }
        let old = try #require(PlainClient(port: server.port))
        #expect(old.exchange("four") == "four")
        let new = try #require(PlainClient(port: server.port, ipv6: true))
        #expect(new.exchange("six") == "six")
        #expect(server.connections.map { $0.peer?.ipAddress } == ["127.0.0.1", "::1"])
        try await server.stop()
    }

    @Test("`::1` does not take IPv4")
    func onlyIPv6() async throws {
        let server = try await LoopbackServer { $0.endpoint = .port(0, address: "::1") }
        #expect(PlainClient(port: server.port) == nil)
        #expect(PlainClient(port: server.port, ipv6: true) != nil)
        try await server.stop()
    }

    @Test("Stopping refuses new connections and keeps the live ones")
    func stopping() async throws {
        let server = try await LoopbackServer()
        let port = server.port
        let client = try #require(PlainClient(port: port))
        #expect(client.exchange("a") == "a")
        await server.listener.stop()
        #expect(PlainClient(port: port) == nil)
        #expect(client.exchange("b") == "b")
        #expect(server.listener.localPort == nil)
        try await server.listener.untilStopped()
        try await server.stop()
    }

    @Test("Above the limit a connection is closed, below it the next is served")
    func limit() async throws {
        let server = try await LoopbackServer { $0.connectionsMax = 1 }
        do {
            let first = try #require(PlainClient(port: server.port))
            #expect(first.exchange("a") == "a")
            #expect(try #require(PlainClient(port: server.port)).isClosed())
        }
        while server.listener.connectionCount > 0 { await Task.yield() }
        let next = try #require(PlainClient(port: server.port))
        #expect(next.exchange("b") == "b")
        try await server.stop()
    }

    @Test("The limit of an address counts the proxied one")
    func limitPerAddress() async throws {
        let server = try await LoopbackServer {
            $0.connectionsPerAddressMax = 1
            $0.usesProxyProtocol = true
        }
        let header = { (last: Int) in "PROXY TCP4 192.0.2.\(last) 192.0.2.9 1 2\r\na" }
        let first = try #require(PlainClient(port: server.port))
        #expect(first.exchange(header(1), expecting: 1) == "a")
        let second = try #require(PlainClient(port: server.port))
        #expect(second.exchange(header(1), expecting: 1) == "")
        let other = try #require(PlainClient(port: server.port))
        #expect(other.exchange(header(2), expecting: 1) == "a")
        #expect(server.connections.map { $0.peer?.ipAddress } == ["192.0.2.1", "192.0.2.2"])
        #expect(server.connections.allSatisfy { $0.isProxied && $0.local?.port == 2 })
        try await server.stop()
    }

    @Test("This machine's own addresses have no limit of their own: a proxy may speak for all")
    func loopbackIsNotLimited() async throws {
        let server = try await LoopbackServer { $0.connectionsPerAddressMax = 1 }
        let clients = try (0..<3).map { _ in try #require(PlainClient(port: server.port)) }
        for client in clients { #expect(client.exchange("a") == "a") }
        try await server.stop()
    }

    @Test("With the PROXY protocol a stream without header is closed")
    func missingHeader() async throws {
        let server = try await LoopbackServer { $0.usesProxyProtocol = true }
        let client = try #require(PlainClient(port: server.port))
        #expect(client.exchange("<stream:stream>", expecting: 1) == "")
        #expect(server.connections.isEmpty)
        try await server.stop()
    }

    @Test("With an accept interval all are served, one after the other")
    func interval() async throws {
        let server = try await LoopbackServer { $0.acceptInterval = .milliseconds(20) }
        let start = ContinuousClock.now
        let clients = try (0..<5).map { _ in try #require(PlainClient(port: server.port)) }
        for client in clients { #expect(client.exchange("a") == "a") }
        #expect(ContinuousClock.now - start >= .milliseconds(80))
        try await server.stop()
    }

    @Test("A unix socket has its mode, replaces a stale file and leaves none")
    func unixSocket() async throws {
        let folder = try CertificateFolder()
        let path = folder.path + "/c2s.sock"
        let endpoint = Endpoint.unix(path: path, mode: 0o640)
        _ = try #require(StaleSocket(path))
        let server = try await LoopbackServer { $0.endpoint = endpoint }
        let client = try #require(PlainClient(path: path))
        #expect(client.exchange("a") == "a")
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o640)
        let error = await #expect(throws: ListenerError.self) {
            try await LoopbackServer { $0.endpoint = endpoint }
        }
        #expect(error?.description == "address already in use: unix:\(path)")
        try await server.stop()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("A file that is no socket is never removed")
    func otherFile() async throws {
        let folder = try CertificateFolder()
        let path = try folder.write("precious", "c2s.sock")
        await #expect(throws: ListenerError.self) {
            try await LoopbackServer { $0.endpoint = .unix(path: path, mode: nil) }
        }
        #expect(try folder.read("c2s.sock") == "precious")
    }
}

@Suite("Endpoint")
struct EndpointTests {
    @Test(
        "ejabberd's port and ip are read",
        arguments: [
            ("5222", "0.0.0.0", "0.0.0.0:5222"), ("0", "127.0.0.1", "127.0.0.1:0"),
            ("5222", "::", "[::]:5222"), ("5222", "[::1]", "[::1]:5222"),
            ("unix:/run/x.sock", "::", "unix:/run/x.sock"),
        ])
    func valid(port: String, ip: String, text: String) {
        #expect(Endpoint(port: port, ip: ip)?.description == text)
    }

    @Test(
        "What is no port or no address is refused",
        arguments: [
            ("65536", "::"), ("-1", "::"), ("", "::"), ("http", "::"), ("5222", "localhost"),
            ("5222", "256.0.0.1"), ("5222", ""), ("unix:", "::"),
            ("unix:" + String(repeating: "x", count: 200), "::"),
        ])
    func invalid(port: String, ip: String) {
        #expect(Endpoint(port: port, ip: ip) == nil)
    }
}

@Suite("Accept gate")
struct AcceptGateTests {
    @Test("Out of descriptors, it pauses for a second and then accepts again")
    func pause() throws {
        let (channel, reads) = (EmbeddedGate(), ReadCounter())
        try channel.add(reads)
        channel.fire(IOError(errnoCode: EMFILE, reason: "accept"))
        channel.read()
        #expect(reads.count == 0)
        channel.advance(.milliseconds(999))
        #expect(reads.count == 0)
        channel.advance(.milliseconds(1))
        #expect(reads.count == 1)
    }

    @Test("A connection that was lost before it was accepted stops nothing")
    func lost() throws {
        let (channel, reads) = (EmbeddedGate(), ReadCounter())
        try channel.add(reads)
        channel.fire(IOError(errnoCode: ECONNABORTED, reason: "accept"))
        channel.read()
        #expect(reads.count == 1)
    }
}
