import Glibc
import Testing

@testable import HTTPFront

@Suite("File server")
struct FileServerTests {
    private let folder: TestFolder
    private let outside: TestFolder
    private let server: TestServer

    init() throws {
        folder = try TestFolder()
        outside = try TestFolder()
        try outside.write("secret.txt", "secret")
        try folder.write("ten.txt", "0123456789")
        folder.touch("ten.txt", 784_111_777)  // Sun, 06 Nov 1994 08:49:37 GMT
        try folder.write("empty", "")
        folder.makeFolder("docs")
        try folder.write("docs/index.html", "<p>docs</p>")
        folder.makeFolder("bare")
        try folder.write(".hidden", "hidden")
        folder.makeFolder(".git")
        try folder.write(".git/config", "hidden")
        folder.link("inside.txt", to: "ten.txt")
        folder.link("out.txt", to: "\(outside.path)/secret.txt")
        folder.link("outdir", to: outside.path)
        folder.link("up", to: "../")
        folder.link("passwd", to: "/etc/passwd")
        try folder.write("app.js", "plain javascript")
        try folder.write("app.js.gz", "gzip bytes")
        try folder.write("app.js.br", "brotli bytes")
        try folder.write("old.css", "new style")
        try folder.write("old.css.gz", "stale")
        folder.touch("old.css.gz", 1000)
        var settings = FileServer.Settings(folders: ["": folder.path, "/lib/out": outside.path])
        settings.contentTypes = ContentTypes(
            additions: ["js": "x/js", "Foo": "x/foo"])
        // All files are old enough to be kept in memory.
        settings.clock = { Int64(time(nil)) + 10 }
        server = try TestServer([
            Mount(
                prefix: "/files", handler: try FileServer(settings),
                fields: [HTTPField("X-Mine", "yes")])
        ])
    }

    private func get(_ path: String, _ fields: String...) throws -> RawResponse {
        let extra = fields.map { "\r\n" + $0 }.joined()
        return try server.ask("GET /files\(path) HTTP/1.1\r\nHost: h\(extra)")
    }

    @Test("a file with its type, validators and the mount's own fields")
    func serves() throws {
        let answer = try get("/ten.txt")
        #expect(answer.status == 200)
        #expect(answer.text == "0123456789")
        #expect(answer["content-type"] == "text/plain; charset=utf-8")
        #expect(answer["last-modified"] == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(answer["etag"]?.hasPrefix("\"") == true)
        #expect(answer["accept-ranges"] == "bytes")
        #expect(answer["x-content-type-options"] == "nosniff")
        #expect(answer["x-mine"] == "yes")
        #expect(try get("/empty").status == 200)
        #expect(try get("/empty")["content-type"] == "application/octet-stream")
        #expect(try get("/app.js")["content-type"] == "x/js")
    }

    @Test("a URL prefix mapped to another folder")
    func servesMap() throws {
        #expect(try get("/lib/out/secret.txt").text == "secret")
        #expect(try get("/lib/outsecret.txt").status == 404)
    }

    @Test("folders: index, redirect to the slash, 403 without index")
    func servesFolders() throws {
        #expect(try get("/docs/").text == "<p>docs</p>")
        let redirect = try get("/docs?a=b")
        #expect(redirect.status == 301)
        #expect(redirect["location"] == "/files/docs/?a=b")
        #expect(try get("/bare/").status == 403)
        #expect(try get("/").status == 403)
    }

    @Test(
        "nothing outside of the folder, nothing hidden",
        arguments: [
            "/../x", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/docs/../../etc/passwd",
            "/docs/..%5c..", "//etc/passwd", "/docs//index.html", "/out.txt", "/outdir/secret.txt",
            "/outdir/", "/up/", "/passwd", "/.hidden", "/.git/config", "/.git/", "/%2ehidden",
            "/ten.txt%00.js", "/ten.txt/", "/ten.txt/x", "/none", "/docs/none", "/etc/passwd",
            "/docs/.", "/..", "/%c0%ae%c0%ae/etc/passwd", "/lib/out/../../ten.txt",
        ])
    func staysInside(path: String) throws {
        let answer = try get(path)
        #expect([400, 404].contains(answer.status))
        #expect(!answer.text.contains("secret") && !answer.text.contains("root:"))
    }

    @Test("a link within the folder is followed")
    func followsInnerLinks() throws {
        #expect(try get("/inside.txt").text == "0123456789")
    }

    @Test("only GET and HEAD: others get 405 with Allow, OPTIONS gets the list")
    func refusesMethods() throws {
        for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"] {
            let answer = try server.ask("\(method) /files/ten.txt HTTP/1.1\r\nHost: h")
            #expect(answer.status == 405)
            #expect(answer["allow"] == "GET, HEAD, OPTIONS")
        }
        let options = try server.ask("OPTIONS /files/ten.txt HTTP/1.1\r\nHost: h")
        #expect(options.status == 204)
        #expect(options["allow"] == "GET, HEAD, OPTIONS")
    }

    @Test("HEAD gets the fields of GET")
    func heads() throws {
        let answer = try server.ask("HEAD /files/ten.txt HTTP/1.1\r\nHost: h\r\nRange: bytes=0-1")
        #expect(answer.status == 200)
        #expect(answer["content-length"] == "10")
    }

    @Test(
        "RFC 9110 §14: one range",
        arguments: [
            ("bytes=0-0", "0", "bytes 0-0/10"), ("bytes=2-4", "234", "bytes 2-4/10"),
            ("bytes=7-", "789", "bytes 7-9/10"), ("bytes=-3", "789", "bytes 7-9/10"),
            ("bytes=5-99", "56789", "bytes 5-9/10"), ("bytes=-99", "0123456789", "bytes 0-9/10"),
            ("BYTES=1-1", "1", "bytes 1-1/10"), ("bytes=3-3, 20-30", "3", "bytes 3-3/10"),
        ])
    func servesRange(range: String, body: String, place: String) throws {
        let answer = try get("/ten.txt", "Range: \(range)")
        #expect(answer.status == 206)
        #expect(answer.text == body)
        #expect(answer["content-range"] == place)
        #expect(answer["content-type"] == "text/plain; charset=utf-8")
    }

    @Test(
        "§14: ranges that are ignored",
        arguments: [
            "bytes=", "bytes=a-b", "bytes=4-2", "lines=1-2", "bytes", "bytes=1-2-3", "bytes=--1",
            "bytes=0-5,3-8", "bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8", "bytes=+1-2",
        ])
    func ignoresRange(range: String) throws {
        let answer = try get("/ten.txt", "Range: \(range)")
        #expect(answer.status == 200)
        #expect(answer.text == "0123456789")
    }

    @Test(
        "§15.5.17: nothing of the range lies in the file",
        arguments: ["bytes=10-", "bytes=99-100", "bytes=-0", "bytes=99999999999999999999-"])
    func refusesRange(range: String) throws {
        let answer = try get("/ten.txt", "Range: \(range)")
        #expect(answer.status == 416)
        #expect(answer["content-range"] == "bytes */10")
    }

    @Test("§14.6: several ranges come as multipart/byteranges")
    func servesRanges() throws {
        let answer = try get("/ten.txt", "Range: bytes=0-1, -2")
        #expect(answer.status == 206)
        let type = try #require(answer["content-type"])
        let boundary = type.split(separator: "=")[1]
        #expect(type.hasPrefix("multipart/byteranges; boundary="))
        let part =
            "\r\n--\(boundary)\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes "
        #expect(
            answer.text
                == "\(part)0-1/10\r\n\r\n01\(part)8-9/10\r\n\r\n89\r\n--\(boundary)--\r\n")
    }

    @Test("§13: conditional requests")
    func conditions() throws {
        let tag = try #require(try get("/ten.txt")["etag"])
        let date = "Sun, 06 Nov 1994 08:49:37 GMT"
        let earlier = "Sun, 06 Nov 1994 08:49:36 GMT"
        func status(_ fields: String...) throws -> Int {
            let extra = fields.map { "\r\n" + $0 }.joined()
            return try server.ask("GET /files/ten.txt HTTP/1.1\r\nHost: h\(extra)").status
        }
        #expect(try status("If-None-Match: \(tag)") == 304)
        #expect(try status("If-None-Match: \"x\", W/\(tag)") == 304)
        #expect(try status("If-None-Match: *") == 304)
        #expect(try status("If-None-Match: \"x\"") == 200)
        #expect(try status("If-None-Match: \"x\"", "If-Modified-Since: \(date)") == 200)
        #expect(try status("If-Modified-Since: \(date)") == 304)
        #expect(try status("If-Modified-Since: \(earlier)") == 200)
        #expect(try status("If-Modified-Since: yesterday") == 200)
        #expect(try status("If-Match: \"x\"") == 412)
        #expect(try status("If-Match: W/\(tag)") == 412)
        #expect(try status("If-Match: \(tag)") == 200)
        #expect(try status("If-Unmodified-Since: \(earlier)") == 412)
        #expect(try status("Range: bytes=0-1", "If-Range: \(tag)") == 206)
        #expect(try status("Range: bytes=0-1", "If-Range: \"x\"") == 200)
        #expect(try status("Range: bytes=0-1", "If-Range: W/\(tag)") == 200)
        #expect(try status("Range: bytes=0-1", "If-Range: \(date)") == 206)
        #expect(try status("Range: bytes=0-1", "If-Range: \(earlier)") == 200)
    }

    @Test("precompressed siblings by Accept-Encoding")
    func precompressed() throws {
        let plain = try get("/app.js")
        #expect(plain.text == "plain javascript")
        #expect(plain["vary"] == "Accept-Encoding")
        let gzip = try get("/app.js", "Accept-Encoding: gzip, deflate")
        #expect(gzip.text == "gzip bytes")
        #expect(gzip["content-encoding"] == "gzip")
        #expect(gzip["content-type"] == "x/js")
        #expect(gzip["etag"] != plain["etag"])
        #expect(try get("/app.js", "Accept-Encoding: gzip, br").text == "brotli bytes")
        #expect(try get("/app.js", "Accept-Encoding: gzip;q=1, br;q=0.5").text == "gzip bytes")
        #expect(try get("/app.js", "Accept-Encoding: br;q=0, gzip;q=0").text == "plain javascript")
        #expect(try get("/app.js", "Accept-Encoding: *").text == "brotli bytes")
        #expect(try get("/old.css", "Accept-Encoding: gzip").text == "new style")
    }

    @Test("a large file comes whole, over one connection with the next request behind it")
    func servesLarge() throws {
        try folder.write("large", String(repeating: "0123456789abcdef", count: 200_000))
        let client = try server.client()
        let request = "GET /files/large HTTP/1.1\r\nHost: h\r\n\r\n"
        client.send(request + request)
        for _ in 1...2 {
            let answer = try client.readResponse()
            #expect(answer.body.count == 3_200_000)
            #expect(answer.body.suffix(16).elementsEqual("0123456789abcdef".utf8))
        }
    }

    @Test("a folder that does not exist is named when the server starts")
    func missingFolder() {
        #expect(throws: FileServerError(folder: "/no/such/folder")) {
            try FileServer(FileServer.Settings(folders: ["": "/no/such/folder"]))
        }
    }
}

@Suite("Dates · RFC 9110 §5.6.7")
struct HTTPDateTests {
    @Test(
        "all three forms are read",
        arguments: [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ])
    func reads(text: String) {
        #expect(HTTPDate.parse(text) == 784_111_777)
    }

    @Test(
        "written and read again",
        arguments: [0, 951_782_400, 1_709_164_800, 4_102_444_799, -1, 253_402_300_799] as [Int64])
    func roundTrip(seconds: Int64) {
        #expect(HTTPDate.parse(HTTPDate.text(seconds)) == seconds)
    }

    @Test(
        "malformed dates",
        arguments: [
            "", "now", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 19941 08:49:37 GMT",
        ])
    func refuses(text: String) {
        #expect(HTTPDate.parse(text) == nil)
    }
}
