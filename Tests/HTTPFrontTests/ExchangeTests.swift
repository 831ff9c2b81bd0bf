import Testing

@testable import HTTPFront

@Suite("Exchange")
struct ExchangeTests {
    @Test("a handler sees method, decoded path, query and body, and answers")
    func answersAtOnce() throws {
        let server = try TestServer([Mount(prefix: "/a", handler: TestHandler.echo)])
        let answer = try server.ask(
            "POST /a/b%20c?x=1&y=%20 HTTP/1.1\r\nHost: h\r\nContent-Length: 5", body: "hello")
        #expect(answer.status == 200)
        #expect(answer.text == "POST /a/b c x=1&y=%20 hello")
        #expect(answer["content-type"] == "text/plain")
        #expect(answer["date"]?.hasSuffix("GMT") == true)
    }

    @Test(
        "an exchange held and answered later, with and without a body",
        arguments: [
            "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        ])
    func answersLater(request: String) throws {
        let shelf = Shelf()
        let server = try TestServer([Mount(prefix: "/", handler: shelf.handler())])
        var client = try server.client()
        for round in 1...3 {
            client.send(request)
            shelf.withNext { exchange in
                #expect(exchange.respond(.ok, body: .text("round \(round)")))
                #expect(!exchange.respond(.ok))
            }
            let answer = try client.readResponse()
            #expect(answer.text == "round \(round)")
            // Nothing that follows a chunked body is taken for a request.
            #expect((answer["connection"] == "close") == request.contains("chunked"))
            if request.contains("chunked") { client = try server.client() }
        }
    }

    @Test(
        "a client that leaves during a hold is noticed",
        arguments: [
            "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        ])
    func noticesLeaving(request: String) throws {
        let shelf = Shelf()
        let server = try TestServer([Mount(prefix: "/", handler: shelf.handler())])
        let client = try server.client()
        client.send(request)
        let seen = Signal()
        shelf.withNext { _ in seen.raise() }
        #expect(seen.wait())
        client.close()
        #expect(shelf.closed.wait())
    }

    @Test("held requests with a body are left alone while others are served")
    func holdsCheaply() throws {
        let shelf = Shelf()
        let server = try TestServer([
            Mount(prefix: "/hold", handler: shelf.handler()),
            Mount(prefix: "/echo", handler: TestHandler.echo),
        ])
        let client = try server.client()
        client.send("POST /hold HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
        let kept = Signal()
        for _ in 1...3 { #expect(try server.ask("GET /echo HTTP/1.1\r\nHost: h").status == 200) }
        shelf.withNext { exchange in
            #expect(!exchange.isSuspended)
            exchange.respond(.ok)
            kept.raise()
        }
        #expect(kept.wait())
        #expect(try client.readResponse().status == 200)
    }

    @Test("pipelined requests are answered in order, also while the first is held")
    func pipelined() throws {
        let shelf = Shelf()
        let server = try TestServer([
            Mount(prefix: "/hold", handler: shelf.handler()),
            Mount(prefix: "/echo", handler: TestHandler.echo),
        ])
        let client = try server.client()
        let second = "POST /echo/2 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"
        client.send(
            "POST /hold HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + second
                + "GET /echo/3 HTTP/1.1\r\nHost: h\r\n\r\n")
        shelf.withNext { _ = $0.respond(.ok, body: .text("first")) }
        #expect(try client.readResponse().text == "first")
        #expect(try client.readResponse().text == "POST /echo/2 - x")
        #expect(try client.readResponse().text == "GET /echo/3 - ")
    }

    @Test("a handler that throws is answered for: 500, or the status it names")
    func failures() throws {
        struct Failure: Error {}
        let server = try TestServer([
            Mount(prefix: "/fail", handler: TestHandler { _ in throw Failure() }),
            Mount(prefix: "/gone", handler: TestHandler { _ in throw HTTPProblem(.conflict) }),
            Mount(prefix: "/mute", handler: TestHandler { _ in }),
        ])
        #expect(try server.ask("GET /fail HTTP/1.1\r\nHost: h").status == 500)
        #expect(try server.ask("GET /gone HTTP/1.1\r\nHost: h").status == 409)
        #expect(try server.ask("GET /mute HTTP/1.1\r\nHost: h").status == 500)
    }

    @Test("Expect: 100-continue is answered before the body is sent")
    func continues() throws {
        let server = try TestServer([Mount(prefix: "/", handler: TestHandler.echo)])
        let client = try server.client()
        client.send(
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.readHead().status == 100)
        client.send("ok")
        #expect(try client.readResponse().text == "POST / - ok")
    }

    @Test("HTTP/1.0 closes by itself and stays open when asked to")
    func http10() throws {
        let server = try TestServer([Mount(prefix: "/", handler: TestHandler.echo)])
        let closing = try server.client()
        closing.send("GET / HTTP/1.0\r\n\r\n")
        #expect(try closing.readResponse().text == "GET / - ")
        #expect(try closing.readToEnd().isEmpty)
        let staying = try server.client()
        for _ in 1...2 {
            staying.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(try staying.readResponse().status == 200)
        }
    }

    @Test("HEAD gets the head of GET and no body")
    func head() throws {
        let server = try TestServer([Mount(prefix: "/", handler: TestHandler.echo)])
        let client = try server.client()
        client.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\nGET /y HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.readResponse(to: "HEAD")["content-length"] == "10")
        #expect(try client.readResponse().text == "GET /y - ")
    }

    @Test("a body of many pieces, streamed to a handler that pauses")
    func streamsBody() throws {
        let handler = TestHandler(intake: .stream(bytesMax: 1 << 20)) { exchange in
            var count = 0
            var pauses = 0
            exchange.readBody { chunk in
                if chunk.count > 1, pauses < 3 {
                    pauses += 1
                    let resume = ResumeBox(exchange: exchange)
                    exchange.loop.schedule(after: .milliseconds(1)) { resume.exchange.resumeBody() }
                    count += 1
                    return 1
                }
                count += chunk.count
                return chunk.count
            } complete: {
                exchange.respond(.ok, body: .text("\(count) \(pauses)"))
            }
        }
        let server = try TestServer([Mount(prefix: "/", handler: handler)])
        let client = try server.client()
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n")
        client.send([UInt8](repeating: 97, count: 300_000))
        #expect(try client.readResponse().text == "300000 3")
    }

    private struct ResumeBox { let exchange: Exchange }

    @Test("a streamed answer arrives bit by bit and ends")
    func streamsAnswer() throws {
        let shelf = Shelf()
        let server = try TestServer([Mount(prefix: "/", handler: shelf.handler())])
        let client = try server.client()
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        shelf.withNext { exchange in
            let stream = BodyStream(waitingBytesMax: 10)
            exchange.respond(.ok, body: .stream(stream))
            #expect(stream.write(Array("one".utf8)))
            #expect(!stream.write(Array("far too much".utf8)))
            exchange.loop.schedule(after: .milliseconds(50)) {
                stream.write(Array("two".utf8))
                stream.finish()
            }
        }
        let answer = try client.readResponse()
        #expect(answer["transfer-encoding"] == "chunked")
        #expect(answer.text == "onetwo")
    }

    @Test("stopping answers what is held with 503")
    func stops() throws {
        let shelf = Shelf()
        let server = try TestServer([Mount(prefix: "/", handler: shelf.handler())])
        let clients = try (0..<4).map { _ in try server.client() }
        for (index, client) in clients.enumerated() {
            client.send(
                index % 2 == 0
                    ? "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
                    : "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
            shelf.withNext { _ in }
        }
        server.stop(grace: .seconds(5))
        for client in clients {
            #expect(try client.readResponse().status == 503)
            #expect(try client.readToEnd().isEmpty)
        }
    }
}
