import StreamFakes
import Testing
import XMPPCore
import XMPPEngine

@testable import HTTPFront

@Suite("BOSH over HTTP · XEP-0124 §5, §14.3, §18", .timeLimit(.minutes(1)))
struct BOSHTransferTests {
    private typealias Session = BOSHTestSession

    // MARK: compression

    @Test("§5: a large answer is compressed for a client that takes it")
    func compressed() throws {
        let session = try BOSHScene { $0.compressionBytesMin = 500 }.bound()
        let text = String(repeating: "many words ", count: 500)
        let answer = try session.post(
            Session.message("1", text: text), fields: "Accept-Encoding: deflate, gzip;q=0.5\r\n")
        #expect(answer.response["content-encoding"] == "gzip")
        #expect(answer.response.body.count < 500)
        let plain = answer.response.body.withUnsafeBytes { Gzip.decompress($0, bytesMax: 1 << 20) }
        #expect(String(decoding: plain ?? [], as: UTF8.self).contains(text))
    }

    @Test(
        "§5: it is not compressed for others",
        arguments: ["", "Accept-Encoding: deflate, br\r\n", "Accept-Encoding: gzip;q=0\r\n"])
    func plain(fields: String) throws {
        let session = try BOSHScene { $0.compressionBytesMin = 500 }.bound()
        let answer = try session.post(
            Session.message("1", text: String(repeating: "x", count: 2000)), fields: fields)
        #expect(answer.response["content-encoding"] == nil)
        #expect(answer.text.contains("id='1'"))
    }

    @Test("§7.2: a request may be compressed, as the session's first answer says")
    func compressedRequest() throws {
        let session = try BOSHScene().bound()
        let body = try #require(Gzip.compress(Array(session.body(Session.message("1")).utf8)))
        let client = try session.scene.server.client()
        client.send(
            "POST /b HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n"
                + "Content-Length: \(body.count)\r\n\r\n")
        client.send(body)
        #expect(try BOSHRequest(client: client).reply().text.contains("id='1'"))
    }

    @Test("A compressed request has the limits of a plain one, and must be whole")
    func compressedTooMuch() throws {
        let scene = try BOSHScene()
        let bomb = try #require(Gzip.compress([UInt8](repeating: 0x20, count: 2 << 20)))
        let whole = try #require(Gzip.compress(Array("<body/>".utf8)))
        var broken = whole
        broken[broken.count / 2] ^= 0x55
        for body in [bomb, Array(whole.dropLast(3)), whole + [0], broken, [0x1F, 0x8B, 8]] {
            let client = try scene.server.client()
            client.send("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.count)\r\n\r\n")
            client.send(body)
            #expect(try BOSHRequest(client: client).reply()["condition"] == "bad-request")
        }
    }

    // MARK: HTTP

    @Test("§5: a request may come in chunks")
    func chunked() throws {
        let session = try BOSHScene().bound()
        let client = try session.scene.server.client()
        client.send("POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        var rest = session.body(Session.message("1"))[...]
        while !rest.isEmpty {
            let piece = rest.prefix(17)
            rest = rest.dropFirst(17)
            client.send("\(String(piece.utf8.count, radix: 16))\r\n\(piece)\r\n")
        }
        client.send("0\r\n\r\n")
        #expect(try BOSHRequest(client: client).reply().text.contains("id='1'"))
    }

    @Test("§5: HTTP/1.0, one connection a request")
    func http10() throws {
        let session = try BOSHScene().bound()
        let body = session.body(Session.message("1"))
        let client = try session.scene.server.client()
        client.send("POST /b HTTP/1.0\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
        #expect(try BOSHRequest(client: client).reply().text.contains("id='1'"))
        #expect(try client.readToEnd().isEmpty)
    }

    @Test("§18: requests that come in one piece are answered in order")
    func pipelined() throws {
        let session = try BOSHScene().bound("wait='1' hold='1' ver='1.11'")
        let bodies = (1...4).map { session.body(Session.message("\($0)")) }
        let client = try session.scene.server.client()
        client.send(bodies.map { BOSHScene.head($0) + $0 }.joined())
        for number in 1...4 {
            #expect(try BOSHRequest(client: client).reply().text.contains("id='\(number)'"))
        }
    }

    // MARK: lost connections

    @Test("§14.3: what comes while no connection is there waits for the next request")
    func lostThenNext() throws {
        let session = try BOSHScene().bound()
        try session.loseRequest()
        try session.deliver("1")
        let answer = try session.post()
        #expect(answer.text.contains("id='1'"))
    }

    @Test("§14.3: a lost request may be repeated, and is answered then")
    func lostThenRepeated() throws {
        let session = try BOSHScene().bound()
        try session.loseRequest()
        try session.deliver("1")
        #expect(try session.post(rid: session.rid).text.contains("id='1'"))
    }

    @Test("§10, XEP-0206 §7: a client that is gone leaves its messages to its host")
    func vanished() throws {
        let scene = try BOSHScene { $0.inactivity = 1 }
        let session = try scene.bound()
        let held = try session.send()
        try session.waitUntil { $0.window.isHolding }
        try session.deliver("answered")
        #expect(try held.reply().text.contains("id='answered'"))
        try session.deliver("waiting")
        try scene.outlastInactivity()
        #expect(scene.host.sessionCounts == (1, 1))
        #expect(scene.host.undelivered.map(\.id) == ["answered", "waiting"])
        #expect(try session.post()["condition"] == "item-not-found")
    }

    @Test("What a client has answered to is not handed back")
    func notTwice() throws {
        let scene = try BOSHScene { $0.inactivity = 1 }
        let session = try scene.bound()
        try session.deliver("1")
        #expect(try session.post().text.contains("id='1'"))
        try session.loseRequest()
        try scene.outlastInactivity()
        #expect(scene.host.undelivered.isEmpty)
    }

    /// A session whose last answer brought `1` and may not have arrived; `2` waits.
    private static func doubtful(_ attributes: String = "") throws -> Session {
        let session = try BOSHScene().bound("wait='60' hold='1' ver='1.11' \(attributes)")
        let held = try session.hold()
        try session.deliver("1")
        #expect(try held.reply().text.contains("id='1'"))
        try session.deliver("2")
        return session
    }

    @Test("§14.3: the last answer goes back when a request that breaks the rules ends the session")
    func doubtfulRefused() throws {
        let session = try Self.doubtful()
        #expect(try session.post(rid: session.rid + 9)["condition"] == "item-not-found")
        #expect(session.scene.host.undelivered.map(\.id) == ["1", "2"])
    }

    @Test("§14.3: the last answer goes back when the server stops")
    func doubtfulStopped() async throws {
        let session = try Self.doubtful()
        await session.scene.service.stop()
        #expect(session.scene.host.undelivered.map(\.id) == ["1", "2"])
        #expect(session.scene.service.sessionCount == 0)
    }

    @Test("§14.3: the last answer goes back when the stream fails, whoever asks later")
    func doubtfulFailed() async throws {
        let session = try Self.doubtful()
        let known = try #require(session.scene.service.sessions.all.first)
        known.home.execute { known.session?.fail(StreamError(.conflict)) }
        try session.waitUntil { $0.ending != nil }
        #expect(try session.post()["condition"] == "remote-stream-error")
        #expect(session.scene.host.undelivered.map(\.id) == ["1", "2"])
    }

    @Test("A session that has ended and waits to say so ends when the server stops")
    func stoppedAfterEnd() async throws {
        let session = try BOSHScene().bound()
        let known = try #require(session.scene.service.sessions.all.first)
        known.home.execute { known.session?.fail(StreamError(.conflict)) }
        try session.waitUntil { $0.ending != nil }
        await session.scene.service.stop()
        #expect(session.scene.service.sessionCount == 0)
    }

    @Test("§13: the client's own end confirms its last answer; what waits goes back")
    func terminateConfirms() throws {
        let session = try Self.doubtful()
        #expect(try session.post("", "type='terminate'").isTerminate)
        #expect(session.scene.host.undelivered.map(\.id) == ["2"])
    }

    @Test(
        "§9.2, §13: with acknowledgements its end confirms what it acknowledges",
        arguments: [(-1, ["1", "2"]), (0, ["2"])])
    func terminateAcknowledges(offset: Int, ids: [String]) throws {
        let session = try Self.doubtful("ack='1'")
        let ack = session.rid + offset
        #expect(try session.post("", "type='terminate' ack='\(ack)'").isTerminate)
        #expect(session.scene.host.undelivered.map(\.id) == ids)
    }

    @Test("§9.2: answers that are never acknowledged are not forgotten, but go back")
    func neverAcknowledged() throws {
        let session = try BOSHScene().bound("wait='60' hold='1' ver='1.11' ack='1'")
        let ack = session.rid
        var sent: [String] = []
        while session.isAlive, sent.count < 50 {
            let answer = try session.post(Session.message("\(sent.count)"), "ack='\(ack)'")
            if answer.isTerminate {
                #expect(answer["condition"] == "policy-violation")
                break
            }
            sent.append("\(sent.count)")
        }
        #expect(sent.count == 32)
        #expect(session.scene.host.undelivered.map(\.id) == sent)
    }

    @Test("What waits when the session ends for an error goes back, too")
    func errorWithOutput() throws {
        let scene = try BOSHScene()
        let session = try scene.bound()
        try session.deliver("1")
        #expect(try session.post(rid: session.rid + 9)["condition"] == "item-not-found")
        // The answer before, with which it was bound, is in doubt.
        #expect(scene.host.undelivered.map(\.id) == ["b", "1"])
    }
}
