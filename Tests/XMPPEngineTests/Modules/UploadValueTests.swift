import Testing
import XMPPCore
import XMPPStorage

@testable import XMPPEngine

@Suite("Requests for a slot · XEP-0363 §4–5")
struct SlotRequestTests {
    private func request(
        _ attributes: [(String, String?)], _ children: [Element] = []
    ) throws(StanzaError) -> SlotRequest {
        try SlotRequest(
            Element("request", .httpUpload, attributes: attributes, children: children))
    }

    @Test("§4: name, size and type")
    func reads() throws {
        let read = try request([
            ("filename", "très cool.jpg"), ("size", "23456"), ("content-type", "image/jpeg"),
        ])
        #expect(read.filename == "très cool.jpg")
        #expect(read.size == 23456)
        #expect(read.contentType?.text == "image/jpeg")
        #expect(read.purpose == .message)
        #expect(read.expiresAt == nil)
    }

    @Test(
        "§4: what is missing or malformed is a bad-request",
        arguments: [
            [], [("filename", "a")], [("size", "1")], [("filename", ""), ("size", "1")],
            [("filename", "a"), ("size", "0")], [("filename", "a"), ("size", "-1")],
            [("filename", "a"), ("size", "+1")], [("filename", "a"), ("size", " 1")],
            [("filename", "a"), ("size", "1.5")], [("filename", "a"), ("size", "٣")],
            [("filename", "a"), ("size", "99999999999999999999")],
            [("filename", String(repeating: "a", count: 5000)), ("size", "1")],
            [("filename", "a"), ("size", "1"), ("content-type", "text")],
            [("filename", "a"), ("size", "1"), ("content-type", "a/b\r\nX: y")],
        ] as [[(String, String)]])
    func refuses(attributes: [(String, String)]) {
        #expect(throws: StanzaError.self) {
            try request(attributes.map { ($0.0, $0.1) })
        }
    }

    @Test("Another element of the namespace is no request")
    func refusesOtherElements() {
        #expect(throws: StanzaError.badRequest) {
            try SlotRequest(
                Element("slot", .httpUpload, attributes: [("filename", "a"), ("size", "1")]))
        }
    }

    @Test(
        "§5: the purpose", arguments: ["message", "profile", "permanent"])
    func purposes(name: String) throws {
        let read = try request(
            [("filename", "a"), ("size", "1")], [Element(name, .uploadPurpose)])
        #expect(read.purpose.rawValue == name)
    }

    @Test("§5: an unknown purpose counts as a message")
    func unknownPurpose() throws {
        let read = try request(
            [("filename", "a"), ("size", "1")], [Element("moon", .uploadPurpose)])
        #expect(read.purpose == .message)
    }

    @Test("§5.3: an ephemeral file says until when")
    func ephemeral() throws {
        let element = Element(
            "ephemeral", .uploadPurpose, attributes: [("expire-before", "2025-09-10T23:08:25Z")])
        let read = try request([("filename", "a"), ("size", "1")], [element])
        #expect(read.purpose == .ephemeral)
        #expect(read.expiresAt?.milliseconds == 1_757_545_705_000)
        for stamp in [nil, "", "tomorrow", "2025-13-10T23:08:25Z"] {
            #expect(throws: StanzaError.self) {
                try request(
                    [("filename", "a"), ("size", "1")],
                    [Element("ephemeral", .uploadPurpose, attributes: [("expire-before", stamp)])])
            }
        }
    }

    @Test("§5: two purposes at once are a bad-request")
    func twoPurposes() {
        #expect(throws: StanzaError.badRequest) {
            try request(
                [("filename", "a"), ("size", "1")],
                [Element("profile", .uploadPurpose), Element("message", .uploadPurpose)])
        }
    }
}

@Suite("Names of uploaded files")
struct UploadNameTests {
    @Test(
        "Made harmless",
        arguments: [
            ("a.txt", "a.txt"), ("très cool.jpg", "très cool.jpg"), ("../../etc/passwd", "passwd"),
            ("C:\\Users\\x.doc", "x.doc"), (".htaccess", "_htaccess"), ("..", "_."),
            ("", "file"), ("/", "file"), ("a\u{0}b.txt", "a_b.txt"), ("a\r\nb", "a__b"),
            ("photo\u{202e}gpj.exe", "photo_gpj.exe"), ("家族 🦜.png", "家族 🦜.png"),
            ("a\u{7f}\u{85}\u{2028}b", "a___b"), ("a\"b'c", "a\"b'c"),
        ])
    func safe(name: String, expected: String) {
        #expect(UploadName.safe(name) == expected)
    }

    @Test("A long name keeps its ending")
    func longNames() {
        let long = UploadName.safe(String(repeating: "ü", count: 400) + ".jpeg")
        #expect(long.hasSuffix("ü.jpeg"))
        #expect((250...255).contains(long.utf8.count))
        let dotted = UploadName.safe("a." + String(repeating: "b", count: 400))
        #expect(dotted.utf8.count == 255)
        #expect(dotted.hasPrefix("a.bbb"))
    }

    @Test("Combining marks hide neither a dot nor the whole name")
    func combiningMarks() {
        #expect(UploadName.safe(".\u{301}x") == "_\u{301}x")
        let long = UploadName.safe("a" + String(repeating: "\u{301}", count: 300))
        #expect(long.unicodeScalars.first == "a")
        #expect((250...255).contains(long.utf8.count))
        let ending = UploadName.safe("a" + String(repeating: "\u{301}", count: 300) + ".png")
        #expect(ending.unicodeScalars.first == "a")
        #expect(ending.hasSuffix(".png"))
    }

    @Test("§4: non-ASCII characters are percent-encoded (RFC 3986)")
    func encoding() {
        #expect(UploadName.encoded("très cool.jpg") == "tr%C3%A8s%20cool.jpg")
        #expect(UploadName.encoded("a-b_c~d.e") == "a-b_c~d.e")
        #expect(UploadName.encoded("%2f\"<>#?\u{1}") == "%252f%22%3C%3E%23%3F%01")
    }
}

@Suite("Media types · RFC 9110 §8.3.1")
struct MediaTypeTests {
    @Test(
        "Read, with the essence in lower case",
        arguments: [
            ("image/png", "image/png"), ("Text/Plain; charset=utf-8", "text/plain"),
            ("text/plain ;x=y", "text/plain"), ("application/ld+json", "application/ld+json"),
        ])
    func reads(text: String, essence: String) throws {
        #expect(try #require(MediaType(text)).essence == essence)
    }

    @Test(
        "Refused",
        arguments: [
            "", "image", "/", "image/", "/png", "a/b/c", "a b/c", "a/b\n", "a/b\u{0}", "ä/b",
            "a/" + String(repeating: "b", count: 300), "a/b, c/d",
        ])
    func refuses(text: String) {
        #expect(MediaType(text) == nil)
    }

    @Test("Shown in place is only what cannot run")
    func place() {
        for shown in ["image/png", "IMAGE/JPEG", "audio/ogg", "video/mp4", "text/plain"] {
            #expect(MediaType(shown)?.isShownInPlace == true)
        }
        for kept in [
            "image/svg+xml", "IMAGE/SVG+XML", "text/html", "application/xhtml+xml", "text/xml",
            "application/pdf", "text/javascript", "application/octet-stream",
        ] {
            #expect(MediaType(kept)?.isShownInPlace == false)
        }
    }
}

@Suite("Dates and times · XEP-0082 §3")
struct DateTimeReadingTests {
    @Test(
        "Read",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2025-09-10T23:08:25Z", 1_757_545_705_000),
            ("1969-07-21T02:56:15Z", -14_159_025_000),
            ("2025-09-10T23:08:25.5Z", 1_757_545_705_500),
            ("2025-09-10T23:08:25.123456Z", 1_757_545_705_123),
            ("2025-09-11T01:08:25+02:00", 1_757_545_705_000),
            ("2025-09-10T18:08:25-05:00", 1_757_545_705_000),
        ] as [(String, Int64)])
    func reads(text: String, milliseconds: Int64) {
        #expect(DateTime.moment(text)?.milliseconds == milliseconds)
    }

    @Test(
        "Refused",
        arguments: [
            "", "2025-09-10", "2025-09-10T23:08:25", "2025-9-10T23:08:25Z", "20250910T23:08:25Z",
            "2025-02-30T00:00:00Z", "2025-00-10T00:00:00Z", "2025-01-00T00:00:00Z",
            "2025-09-10T24:08:25Z", "2025-09-10T23:60:25Z", "2025-09-10T23:08:25.Z",
            "2025-09-10T23:08:25+2:00", "2025-09-10T23:08:25+99:00", "2025-09-10 23:08:25Z",
            "2025-09-10T23:08:25ZZ", "٢٠٢٥-09-10T23:08:25Z",
        ])
    func refuses(text: String) {
        #expect(DateTime.moment(text) == nil)
    }
}
