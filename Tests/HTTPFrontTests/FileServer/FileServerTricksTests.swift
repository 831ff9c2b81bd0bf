import Testing
import XMPPEngine

@testable import HTTPFront

@Suite("File server: what is seldom asked")
struct FileServerTricksTests {
    private let folder: TestFolder
    private let outside: TestFolder
    private let server: TestServer

    init() throws {
        folder = try TestFolder()
        outside = try TestFolder()
        try outside.write("secret.txt", "secret")
        try folder.write("app.js", "0123456789")
        try folder.write("app.js.gz", "gzip bytes here")
        folder.makeFolder("in")
        try folder.write("in/a.txt", "inside")
        folder.link("in/out", to: "../../../../../../etc")
        folder.link("in/up", to: "../app.js")
        folder.link("in/around", to: "../in/a.txt")
        folder.link("in/roundabout", to: "../../\(folder.path.split(separator: "/").last ?? "")")
        folder.link("absolute", to: folder.path + "/app.js")
        folder.link("loop", to: "loop")
        folder.link("proc", to: "/proc/self/root")
        try folder.write("zoë 🦜.txt", "named")
        server = try TestServer([
            Mount(
                prefix: "/",
                handler: try FileServer(FileServer.Settings(folders: ["": folder.path])))
        ])
    }

    private func get(
        _ path: String, _ fields: String..., version: String = "1.1"
    ) throws -> RawResponse {
        let extra = fields.map { "\r\n" + $0 }.joined()
        return try server.ask("GET \(path) HTTP/\(version)\r\nHost: h\(extra)")
    }

    @Test("HTTP/1.0: validators, ranges and HEAD as in HTTP/1.1, without chunks")
    func oldVersion() throws {
        let whole = try get("/app.js", version: "1.0")
        #expect(whole.status == 200)
        #expect(whole.text == "0123456789")
        #expect(whole["transfer-encoding"] == nil)
        let tag = try #require(whole["etag"])
        let part = try get("/app.js", "Range: bytes=2-4", "If-Range: \(tag)", version: "1.0")
        #expect(part.status == 206)
        #expect(part.text == "234")
        #expect(part["etag"] == tag)
        #expect(try get("/app.js", "If-None-Match: \(tag)", version: "1.0").status == 304)
        let head = try server.ask("HEAD /app.js HTTP/1.0")
        #expect(head.status == 200)
        #expect(head["content-length"] == "10")
        #expect(head["etag"] == tag)
    }

    @Test("RFC 9110 §14.2: a range of a precompressed file counts its packed bytes")
    func rangeOfPacked() throws {
        let packed = try get("/app.js", "Accept-Encoding: gzip")
        let tag = try #require(packed["etag"])
        let part = try get("/app.js", "Accept-Encoding: gzip", "Range: bytes=5-9")
        #expect(part.status == 206)
        #expect(part.text == "bytes")
        #expect(part["content-range"] == "bytes 5-9/15")
        #expect(part["content-encoding"] == "gzip")
        #expect(part["vary"] == "Accept-Encoding")
        #expect(part["etag"] == tag)
    }

    @Test("§13.1.5: a part of one form is never joined with a part of the other")
    func rangeOfOtherForm() throws {
        let plain = try #require(try get("/app.js")["etag"])
        let mixed = try get(
            "/app.js", "Accept-Encoding: gzip", "Range: bytes=5-9", "If-Range: \(plain)")
        #expect(mixed.status == 200)
        #expect(mixed.text == "gzip bytes here")
        let packed = try #require(try get("/app.js", "Accept-Encoding: gzip")["etag"])
        let back = try get("/app.js", "Range: bytes=0-1", "If-Range: \(packed)")
        #expect(back.status == 200)
        #expect(back["content-encoding"] == nil)
    }

    @Test("§15.4.5: 304 has the fields that caches need, and no coding")
    func notModified() throws {
        let tag = try #require(try get("/app.js", "Accept-Encoding: gzip")["etag"])
        let answer = try get("/app.js", "Accept-Encoding: gzip", "If-None-Match: \(tag)")
        #expect(answer.status == 304)
        #expect(answer["etag"] == tag)
        #expect(answer["vary"] == "Accept-Encoding")
        #expect(answer["content-encoding"] == nil)
        #expect(answer.body.isEmpty)
    }

    @Test("Multipart ranges of a packed file name its parts")
    func multipartOfPacked() throws {
        let answer = try get("/app.js", "Accept-Encoding: gzip", "Range: bytes=0-3,11-14")
        #expect(answer.status == 206)
        #expect(answer.text.contains("Content-Range: bytes 0-3/15\r\n\r\ngzip"))
        #expect(answer.text.contains("Content-Range: bytes 11-14/15\r\n\r\nhere"))
        #expect(answer["content-encoding"] == "gzip")
    }

    @Test(
        "No spelling of a path leaves the folder",
        arguments: [
            "/%2e%2e/%2e%2e/etc/passwd", "/in/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/..%5c..%5cetc",
            "/in%5c..%5c..%5csecret.txt", "/%5c%5chost%5cshare", "/in/..%c0%af..%c0%afetc/passwd",
            "/%c0%ae%c0%ae/etc/passwd", "/%e0%80%ae%e0%80%ae/etc/passwd", "/%f0%80%80%ae/etc",
            "/%ff%fe/x", "/in/a.txt%00.html", "/%00/etc/passwd", "/in/a.txt%0a", "/in%0d%0aX:y",
            "/%252e%252e/etc/passwd", "/in/out/passwd", "/in/out/", "/proc/etc/passwd", "/absolute",
            "/loop", "/in/roundabout/in/a.txt", "/./in/a.txt", "/in/./a.txt", "/in//a.txt",
            "//in/a.txt", "///etc/passwd", "/in/a.txt/../../secret.txt", "/%2f%2fetc%2fpasswd",
            "/in/%2e/a.txt", "/in;/../a.txt", "/in/...", "/in/a.txt/.", "/%ed%a0%80/x", "/in/%",
            "/in/%2", "/in/%zz", "/in/%u002e%u002e/x",
        ])
    func staysInside(path: String) throws {
        let answer = try get(path)
        #expect([400, 404].contains(answer.status))
        #expect(!answer.text.contains("root:") && !answer.text.contains("inside"))
    }

    @Test("Links that stay inside are followed, also by a step up")
    func innerLinks() throws {
        #expect(try get("/in/up").text == "0123456789")
        #expect(try get("/in/around").text == "inside")
    }

    @Test("A name outside of ASCII, encoded")
    func unicodeNames() throws {
        #expect(try get("/zo%C3%AB%20%F0%9F%A6%9C.txt").text == "named")
        #expect(try get("/zo%c3%ab%20%f0%9f%a6%9c.txt").text == "named")
    }

    @Test("A file that changes has another tag and its new bytes at once")
    func changes() throws {
        let first = try get("/in/a.txt")
        try folder.write("in/a.txt", "changed")
        let second = try get("/in/a.txt")
        #expect(second.text == "changed")
        #expect(second["etag"] != first["etag"])
        folder.delete("in/a.txt")
        #expect(try get("/in/a.txt").status == 404)
        folder.link("in/a.txt", to: outside.path + "/secret.txt")
        #expect(try get("/in/a.txt").status == 404)
        try folder.write("app.js.br", "brotli")
        #expect(try get("/app.js", "Accept-Encoding: br, gzip").text == "brotli")
    }

    @Test("A folder with a file of its own name in the way")
    func folderAndFile() throws {
        #expect(try get("/in").status == 301)
        #expect(try get("/in")["location"] == "/in/")
        #expect(try get("/in/").status == 403)
        #expect(try get("/app.js/").status == 404)
    }
}

@Suite("File server: basic authentication · RFC 7617")
struct BasicPasswordsTests {
    private let passwords = BasicPasswords(["romeo:a:b", "juliet:pässword", "nobody"])

    private func field(_ text: String) -> String {
        "Basic " + Base64.encode(Array(text.utf8))
    }

    @Test("Name and password open; a password may hold a colon")
    func opens() {
        #expect(passwords.name(in: field("romeo:a:b")) == "romeo")
        #expect(passwords.name(in: field("juliet:pässword")) == "juliet")
        #expect(
            passwords.name(in: "bAsIc  " + Base64.encode(Array("romeo:a:b".utf8))) == "romeo")
    }

    @Test(
        "Nothing else opens",
        arguments: [
            nil, "", "Basic", "Basic ", "Basic !!!", "Basic cm9tZW8", "Bearer cm9tZW86YTpi",
            "cm9tZW86YTpi",
        ])
    func refuses(field: String?) {
        #expect(passwords.name(in: field) == nil)
    }

    @Test(
        "No other name or password opens",
        arguments: [
            "romeo:a", "romeo:", "romeo", "Romeo:a:b", "juliet:a:b", "nobody", "nobody:", ":", "",
            "romeo:a:b\u{0}", "romeo:a:b ",
        ])
    func refusesOthers(text: String) {
        #expect(passwords.name(in: field(text)) == nil)
    }

    @Test("A server that asks for a password challenges, and serves who has it")
    func serves() throws {
        let folder = try TestFolder()
        try folder.write("a.txt", "hello")
        let logs = try TestFolder()
        let log = try AccessLog(path: logs.path + "/access.log")
        var settings = FileServer.Settings(folders: ["": folder.path])
        settings.passwords = BasicPasswords(["romeo:secret"])
        let server = try TestServer(
            [Mount(prefix: "/", handler: try FileServer(settings))], accessLog: log)
        let refused = try server.ask("GET /a.txt HTTP/1.1\r\nHost: h")
        #expect(refused.status == 401)
        #expect(refused["www-authenticate"] == "Basic realm=\"files\", charset=\"UTF-8\"")
        #expect(try server.ask("GET /none HTTP/1.1\r\nHost: h").status == 401)
        let served = try server.ask(
            "GET /a.txt HTTP/1.1\r\nHost: h\r\nAuthorization: \(field("romeo:secret"))")
        #expect(served.text == "hello")
        server.stop()
        log.close()
        let lines = logs.read("access.log").split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.first?.hasPrefix("127.0.0.1 - - [") == true)
        #expect(lines.last?.hasPrefix("127.0.0.1 - romeo [") == true)
        #expect(lines.last?.hasSuffix("\"GET /a.txt HTTP/1.1\" 200 5 \"-\" \"-\"") == true)
    }
}
