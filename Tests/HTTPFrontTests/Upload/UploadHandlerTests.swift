import Testing
import XMPPStorage

@testable import HTTPFront
@testable import XMPPEngine

@Suite("Taking uploads · XEP-0363 §7")
struct UploadHandlerTests {
    private let scene: UploadScene

    init() throws { scene = try UploadScene() }

    @Test("§7: 201 when the file is there, and then it is given out")
    func stores() throws {
        let path = try scene.slot()
        let stored = try scene.put(path, "hello", "Content-Type: text/plain")
        #expect(stored.status == 201)
        let given = try scene.get(path)
        #expect(given.status == 200)
        #expect(given.text == "hello")
        #expect(given["content-type"] == "text/plain")
        #expect(scene.folder.read("files/f/\(UploadScene.id)/a.txt") == "hello")
        #expect(scene.incoming.isEmpty)
        #expect(scene.claims.count == 0)
    }

    @Test("§7: the length must be the one of the slot", arguments: ["", "hell", "hello!"])
    func lengths(body: String) throws {
        let path = try scene.slot()
        #expect(try scene.put(path, body).status == 413)
        #expect(scene.incoming.isEmpty)
        #expect(try scene.get(path).status == 404)
        #expect(try scene.put(path, "hello").status == 201)
    }

    @Test("A body without a length is refused with 411")
    func chunked() throws {
        let path = try scene.slot()
        let answer = try scene.server.ask(
            "PUT \(path) HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked",
            body: "5\r\nhello\r\n0\r\n\r\n")
        #expect(answer.status == 411)
    }

    @Test("A refusal comes before the body is asked for (RFC 9110 §10.1.1)")
    func expectContinue() throws {
        let path = try scene.slot(size: 6)
        let client = try scene.server.client()
        client.send(
            "PUT \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.readResponse(to: "PUT").status == 413)
    }

    @Test("A wanted body is asked for with 100")
    func continues() throws {
        let path = try scene.slot()
        let client = try scene.server.client()
        client.send(
            "PUT \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.readHead().status == 100)
        client.send("hello")
        #expect(try client.readResponse(to: "PUT").status == 201)
        client.send("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.readResponse().text == "hello")
    }

    @Test("A slot is good for one file")
    func onlyOnce() throws {
        let path = try scene.slot()
        #expect(try scene.put(path, "first").status == 201)
        #expect(try scene.put(path, "other").status == 409)
        #expect(try scene.get(path).text == "first")
    }

    @Test("A file whose account is removed while it arrives is gone, and not kept")
    func removedMeanwhile() throws {
        let path = try scene.slot()
        let client = try scene.server.client()
        client.send(
            "PUT \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.readHead().status == 100)
        scene.store.takeBack(UploadScene.id)
        client.send("hello")
        #expect(try client.readResponse(to: "PUT").status == 410)
        #expect(scene.folder.list("files") == [".incoming"])
        #expect(scene.incoming.isEmpty)
        #expect(scene.claims.count == 0)
    }

    @Test("A slot that has ended is gone")
    func ended() throws {
        let path = try scene.slot(endsAt: Timestamp(milliseconds: 1000))
        #expect(try scene.put(path, "hello").status == 410)
    }

    @Test("§7: another type than promised is refused with 415")
    func types() throws {
        let path = try scene.slot(contentType: "image/png")
        #expect(try scene.put(path, "hello", "Content-Type: text/html").status == 415)
        #expect(try scene.put(path, "hello", "Content-Type: image").status == 415)
        #expect(try scene.put(path, "hello", "Content-Type: IMAGE/PNG; x=y").status == 201)
        #expect(try scene.get(path)["content-type"] == "image/png")
    }

    @Test("A type that is not allowed any more is refused with 415, and the slot stays")
    func allowedTypes() throws {
        let scene = try UploadScene(allowed: ["image/*"])
        let text = try scene.slot()
        #expect(try scene.put(text, "hello", "Content-Type: text/plain").status == 415)
        #expect(try scene.put(text, "hello").status == 415)
        #expect(scene.claims.count == 0)
        #expect(scene.incoming.isEmpty)
        let image = try scene.slot(contentType: "image/png", name: "a.png")
        #expect(try scene.put(image, "hello").status == 201)
    }

    @Test(
        "Of a slot without a type, what the file would be given out as counts",
        arguments: [
            ("a.png", "Content-Type: text/html", 415), ("a.html", "X-A: b", 415),
            ("a.html", "Content-Type: image/png", 201), ("a.png", "X-A: b", 201),
            ("a", "X-A: b", 201),
        ])
    func refusedTypes(name: String, field: String, status: Int) throws {
        let scene = try UploadScene(refused: ["text/*"])
        let path = try scene.slot(contentType: nil, name: name)
        #expect(try scene.put(path, "hello", field).status == status)
    }

    @Test("Without a promise the type of the request counts, else that of the name")
    func typeOfRequest() throws {
        let path = try scene.slot(contentType: nil, name: "a.png")
        #expect(try scene.put(path, "hello", "Content-Type: audio/ogg").status == 201)
        #expect(try scene.get(path)["content-type"] == "audio/ogg")
        let other = try UploadScene()
        let named = try other.slot(contentType: nil, name: "a.png")
        #expect(try other.put(named, "hello").status == 201)
        #expect(try other.get(named)["content-type"] == "image/png")
    }

    @Test(
        "Paths without a slot",
        arguments: [
            "/upload", "/upload/", "/upload/f", "/upload/f/ID", "/upload/g/ID/a.txt",
            "/upload/f/ID/b.txt", "/upload/f/ID/a.txt/", "/upload/f/ID/a.txt/x",
            "/upload/f/IDx/a.txt", "/upload/f/short/a.txt", "/upload/f//a.txt",
            "/upload/f/ID/%2e%2e", "/upload/.incoming/ID/a.txt", "/upload/f/..%2f/a.txt",
            "/upload/f/ID/a%00.txt", "/upload/f/ID%2fa.txt",
        ])
    func unknownPaths(path: String) throws {
        try scene.slot()
        let path = path.split(separator: "ID", omittingEmptySubsequences: false)
            .joined(separator: UploadScene.id)
        #expect([400, 404].contains(try scene.put(path, "hello").status))
        #expect([400, 404].contains(try scene.get(path).status))
        #expect(scene.incoming.isEmpty)
    }

    @Test("Other methods are refused", arguments: ["POST", "DELETE", "PATCH", "MKCOL"])
    func methods(method: String) throws {
        let path = try scene.slot()
        let answer = try scene.server.ask("\(method) \(path) HTTP/1.1\r\nHost: h")
        #expect(answer.status == 405)
        #expect(answer["allow"] == "GET, HEAD, PUT, OPTIONS")
    }

    @Test("A file larger than any slot is refused by its head")
    func largerThanAny() throws {
        let path = try scene.slot()
        let answer = try scene.server.ask(
            "PUT \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: 10000001")
        #expect(answer.status == 413)
    }

    @Test("A large file streams through pieces, byte by byte the same")
    func large() throws {
        let content = String(repeating: "0123456789abcdef", count: 40_000)
        let path = try scene.slot(size: 640_000)
        #expect(try scene.put(path, content).status == 201)
        #expect(try scene.get(path).text == content)
    }

    @Test("A client that leaves half way leaves nothing, and may try again")
    func breaksOff() throws {
        let path = try scene.slot(size: 400_000)
        let half = try scene.server.client()
        half.send("PUT \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: 400000\r\n\r\n")
        half.send(String(repeating: "x", count: 300_000))
        #expect(scene.becomesTrue { !scene.incoming.isEmpty })
        half.close()
        #expect(scene.becomesTrue { scene.claims.count == 0 })
        #expect(scene.incoming.isEmpty)
        #expect(try scene.get(path).status == 404)
        #expect(
            try scene.put(path, String(repeating: "y", count: 400_000)).status == 201)
    }

    @Test("One slot takes one upload at a time, and all together are not too many")
    func concurrency() throws {
        let scene = try UploadScene(uploadsMax: 1)
        let path = try scene.slot(size: 300_000)
        let first = try scene.server.client()
        first.send("PUT \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n")
        #expect(scene.becomesTrue { scene.claims.count > 0 })
        #expect(try scene.put(path, "hello").status == 409)
        let other = path.split(separator: "abc").joined(separator: "xyz")
        let refused = try scene.put("/" + other.drop { $0 == "/" }, "hello")
        #expect(refused.status == 503)
        #expect(refused["retry-after"] == "30")
        first.send(String(repeating: "x", count: 300_000))
        #expect(try first.readResponse(to: "PUT").status == 201)
    }

    @Test("A database that fails is answered with 503, and nothing stays claimed")
    func brokenStore() throws {
        let path = try scene.slot()
        scene.store.fail()
        #expect(try scene.put(path, "hello").status == 503)
        #expect(try scene.get(path).status == 503)
        #expect(scene.claims.count == 0)
    }

    @Test("A disk that fails is answered with 500, and nothing is given out")
    func brokenDisk() throws {
        try scene.folder.write("files", "no folder")
        let path = try scene.slot()
        #expect(try scene.put(path, "hello").status == 500)
        #expect(try scene.get(path).status == 404)
        #expect(scene.claims.count == 0)
    }

    @Test("A slot of a host that has no uploads any more")
    func otherHost() throws {
        let path = try scene.slot(host: "other.example")
        #expect(try scene.put(path, "hello").status == 404)
    }

    @Test("What a killed server left on its way is removed, what another holds is not")
    func leftovers() throws {
        scene.folder.makeFolder("files")
        scene.folder.makeFolder("files/.incoming")
        try scene.folder.write("files/.incoming/old", "half")
        IncomingFile.removeLeftovers(in: scene.folder.path + "/files")
        #expect(scene.incoming.isEmpty)
        let path = try scene.slot(size: 300_000)
        let client = try scene.server.client()
        client.send("PUT \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n")
        client.send(String(repeating: "x", count: 200_000))
        #expect(scene.becomesTrue { !scene.incoming.isEmpty })
        IncomingFile.removeLeftovers(in: scene.folder.path + "/files")
        #expect(scene.incoming.count == 1)
        client.send(String(repeating: "x", count: 100_000))
        #expect(try client.readResponse(to: "PUT").status == 201)
    }
}

@Suite("Giving uploads out · XEP-0363 §9.1")
struct UploadPresentationTests {
    @Test("Nothing runs, nothing is guessed, nothing frames it")
    func security() throws {
        let scene = try UploadScene()
        let path = try scene.slot(contentType: "text/html")
        #expect(try scene.put(path, "hello").status == 201)
        let answer = try scene.get(path)
        #expect(answer["x-content-type-options"] == "nosniff")
        let policy = try #require(answer["content-security-policy"])
        #expect(policy.hasPrefix("sandbox; default-src 'none';"))
        #expect(policy.hasSuffix("frame-ancestors 'none'"))
        #expect(answer["content-disposition"] == "attachment; filename=\"a.txt\"")
    }

    @Test("A name that is not plain is written for old and new browsers (RFC 6266)")
    func names() throws {
        let scene = try UploadScene()
        let path = try scene.slot(name: "zoë \"x\" %.txt")
        #expect(try scene.put(path, "hello").status == 201)
        #expect(
            try scene.get(path)["content-disposition"]
                == "inline; filename=\"zo_ _x_ _.txt\"; "
                + "filename*=UTF-8''zo%C3%AB%20%22x%22%20%25.txt")
    }

    @Test("Ranges, conditions and HEAD")
    func conditions() throws {
        let scene = try UploadScene()
        let path = try scene.slot()
        #expect(try scene.put(path, "hello").status == 201)
        let range = try scene.get(path, "Range: bytes=1-2")
        #expect(range.status == 206)
        #expect(range.text == "el")
        let tag = try #require(range["etag"])
        #expect(try scene.get(path, "If-None-Match: \(tag)").status == 304)
        #expect(try scene.get(path, "If-Match: \"x\"").status == 412)
        let head = try scene.server.ask("HEAD \(path) HTTP/1.1\r\nHost: h")
        #expect(head.status == 200)
        #expect(head["content-length"] == "5")
    }

    @Test("§5.3: an ephemeral file is not given out after its time")
    func expires() throws {
        let scene = try UploadScene()
        let path = try scene.slot(expiresAt: .now().advanced(by: .seconds(3600)))
        #expect(try scene.put(path, "hello").status == 201)
        let cache = try #require(try scene.get(path)["cache-control"])
        let seconds = cache.split(separator: "=").last?.prefix { $0.isNumber }
        #expect(seconds.flatMap { Int($0) }.map { (3590...3600).contains($0) } == true)
        let other = try UploadScene()
        let gone = try other.slot(expiresAt: Timestamp(milliseconds: 1))
        #expect(try other.put(gone, "hello").status == 410)
        #expect(try other.get(gone).status == 404)
    }

    @Test("A file that went from the disk is unknown")
    func vanishes() throws {
        let scene = try UploadScene()
        let path = try scene.slot()
        #expect(try scene.put(path, "hello").status == 201)
        #expect(try scene.get(path).status == 200)
        scene.folder.delete("files/f/\(UploadScene.id)/a.txt")
        #expect(try scene.get(path).status == 404)
    }

    @Test("§8: pages of other sites may send and get, and are told so beforehand")
    func cors() throws {
        let scene = try UploadScene()
        let path = try scene.slot()
        let preflight = try scene.server.ask(
            """
            OPTIONS \(path) HTTP/1.1\r\nHost: h\r\nOrigin: https://chat.example\r
            Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: content-type
            """)
        #expect(preflight.status == 204)
        #expect(preflight["access-control-allow-origin"] == "*")
        #expect(preflight["access-control-allow-methods"] == "GET, HEAD, PUT, OPTIONS")
        #expect(preflight["access-control-allow-headers"]?.contains("Content-Type") == true)
        let refused = try scene.put(path, "hell", "Origin: https://chat.example")
        #expect(refused.status == 413)
        #expect(refused["access-control-allow-origin"] == "*")
    }
}

@Suite("Paths of uploads")
struct UploadPathTests {
    @Test("A name may begin with a combining mark")
    func combiningMark() throws {
        let path = try #require(UploadPath("/folder/\(UploadScene.id)/\u{301}x"))
        #expect(path.folder == "folder")
        #expect(path.name == "\u{301}x")
    }

    @Test("Folder, id and name")
    func reads() throws {
        let path = try #require(UploadPath("/f o/\(UploadScene.id)/a b.txt"))
        #expect(path.folder == "f o")
        #expect(path.id == UploadScene.id)
        #expect(path.name == "a b.txt")
    }

    @Test(
        "What is none",
        arguments: [
            "", "/", "//", "///", "/a/abcdefgh", "/a/abcdefgh/", "a/abcdefgh/b", "/a/abc/b",
            "/a/abcd-fgh/b", "/a/abcdefgé/b", "/a/abcdefgh/b/c", "//abcdefgh/b",
            "/a/" + String(repeating: "a", count: 129) + "/b",
        ])
    func refuses(path: String) {
        #expect(UploadPath(path) == nil)
    }
}
