import Testing
import XMPPCore

@testable import HTTPFront

@Suite("BOSH bodies · XEP-0124 §6–§7")
struct BOSHBodyTests {
    private static let namespace = "xmlns='http://jabber.org/protocol/httpbind'"

    private static func read(
        _ text: String, limits: StreamLimits = .beforeLogin
    ) -> Result<BOSHBody, StreamError> {
        Array(text.utf8).withUnsafeBytes {
            BOSHBodyReader.read($0, with: ParserPool(), limits: limits)
        }
    }

    @Test(
        "Bodies with and without prologue and payload",
        arguments: [
            "<body \(namespace) rid='1'/>",
            " \n<body \(namespace) rid='1'></body>\n",
            "<?xml version='1.0'?><body \(namespace) rid='1'/>",
            "<?xml version='1.0' encoding='UTF-8'?>\n<body \(namespace) rid='1'/>",
            "\u{FEFF}<body \(namespace) rid='1'/>",
            "<b:body xmlns:b='http://jabber.org/protocol/httpbind' rid='1'/>",
        ])
    func good(text: String) throws {
        let body = try Self.read(text).get()
        #expect(body.rid == 1)
        #expect(body.payloads.isEmpty)
        #expect(body.isPoll)
    }

    @Test("Payloads come in order, stanzas apart from other elements")
    func payloads() throws {
        let body = try Self.read(
            "<body \(Self.namespace) rid='1'><message xmlns='jabber:client' to='a@b'/>"
                + "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></body>"
        ).get()
        guard body.payloads.count == 2, case .stanza(let stanza) = body.payloads[0],
            case .nonza(let nonza) = body.payloads[1]
        else {
            Issue.record("\(body.payloads)")
            return
        }
        #expect(stanza.kind == .message)
        #expect(nonza.is("auth", .sasl))
        #expect(!body.isPoll)
    }

    @Test(
        "What is no body",
        arguments: [
            "", " ", "x", "{}", "<body/>", "<body \(namespace)>", "<body \(namespace)></bod>",
            "<body \(namespace)/><body \(namespace)/>", "<body \(namespace)/>x",
            "<bodies \(namespace)/>", "<body xmlns='urn:x'/>", "<body \(namespace)>text</body>",
            "<!DOCTYPE body><body \(namespace)/>", "<!-- c --><body \(namespace)/>",
            "<body \(namespace)><?pi x?></body>", "<body \(namespace)><a>&b;</a></body>",
            "<?xml version='1.0' encoding='latin1'?><body \(namespace)/>",
            "<?xml version='1.0'", "</stream>",
        ])
    func bad(text: String) {
        #expect(throws: StreamError.self) { try Self.read(text).get() }
    }

    @Test("A parser serves many requests, also after one that was bad")
    func pooling() throws {
        let pool = ParserPool()
        for round in 1...20 {
            let isBad = round % 3 == 0
            let text = isBad ? "<body" : "<body \(Self.namespace) rid='\(round)'/>"
            let result = Array(text.utf8).withUnsafeBytes {
                BOSHBodyReader.read($0, with: pool, limits: .beforeLogin)
            }
            if isBad {
                #expect(throws: StreamError.self) { try result.get() }
            } else {
                #expect(try result.get().rid == round)
            }
        }
    }

    @Test("§4 of RFC 6120's limits hold: too many bytes, elements, levels")
    func limits() {
        let inside = [
            String(repeating: "x", count: 9000), String(repeating: "<a/>", count: 40),
            String(repeating: "<a>", count: 20) + String(repeating: "</a>", count: 20),
        ]
        for text in inside {
            let body = "<body \(Self.namespace)><a>\(text)</a></body>"
            guard case .failure(let error) = Self.read(body) else {
                Issue.record("taken: \(text.prefix(20))")
                continue
            }
            #expect(error.condition == .policyViolation)
        }
    }

    @Test(
        "§14.1: request numbers",
        arguments: [
            ("1", 1), ("9007199254740991", 9_007_199_254_740_991), ("007", 7),
            ("9007199254740992", nil), ("-1", nil), ("+1", nil), ("", nil), ("1x", nil),
            (" 1", nil), ("99999999999999999999999", nil), ("٣", nil), ("1.0", nil),
        ])
    func rids(text: String, rid: Int?) throws {
        #expect(try Self.read("<body \(Self.namespace) rid='\(text)'/>").get().rid == rid)
    }

    // MARK: what is agreed on

    private static func terms(_ asked: [String: String]) -> BOSHTerms {
        BOSHTerms(asked: { asked[$0] }, settings: BOSHSettings())
    }

    @Test(
        "§7.2: wait and hold are the client's, up to our own",
        arguments: [
            ("30", "1", 30, 1, 2), ("3600", "1", 60, 1, 2), ("30", "100", 30, 4, 5),
            ("0", "1", 0, 0, 1), ("30", "0", 30, 0, 1), ("x", "x", 60, 4, 5),
            ("999999999999999999999", "-1", 60, 4, 5),
        ])
    func waitAndHold(wait: String, hold: String, gives: Int32, holds: Int32, requests: Int32) {
        let terms = Self.terms(["wait": wait, "hold": hold])
        #expect(terms.wait == gives)
        #expect(terms.hold == holds)
        #expect(terms.requests == requests)
        #expect(terms.isPolling == (holds == 0))
    }

    @Test(
        "§7.1: versions are compared number by number",
        arguments: [
            ("1.6", 6), ("1.11", 11), ("1.12", 11), ("2.0", 11), ("1.100", 11), ("1", nil),
            ("0.9", nil), ("", nil), ("1.", nil), ("1.x", nil), ("1.6.1", nil),
        ])
    func versions(text: String, minor: Int32?) {
        #expect(Self.terms(["ver": text]).minorVersion == minor)
    }

    @Test(
        "§7.1: an answer has the media type that was asked for, if it is one",
        arguments: [
            ("text/html; charset=utf-8", true), ("application/xml", true), ("html", false),
            ("text/xml\r\nX: y", false), ("", false), (String(repeating: "a/", count: 50), false),
        ])
    func contentTypes(text: String, isTaken: Bool) {
        let type = BOSHAnswer.fields(contentType: text).first { $0.name == "Content-Type" }?.value
        #expect(type == (isTaken ? text : "text/xml; charset=utf-8"))
    }

    // MARK: the session of a request

    @Test("A session is found before its request is parsed")
    func hints() {
        let id = BOSHSessionID()
        func hint(_ text: String) -> BOSHSessionID.Hint {
            Array(text.utf8).withUnsafeBytes { BOSHSessionID.hint(in: $0) }
        }
        #expect(hint("<body rid='1' sid='\(id.text)'/>") == .known(id))
        #expect(hint("<body sid = \"\(id.text)\" rid='1'>") == .known(id))
        #expect(hint("<body\nsid='\(id.text)'") == .known(id))
        #expect(hint("<body sid='short'/>") == .foreign)
        #expect(hint("<body sid=''/>") == .foreign)
        for none in [
            "", "<", "<body/>", "<body rid='1'/>", "<body xsid='\(id.text)'/>", "<body sid",
            "<body sid=", "<body sid='", "<body sid='\(id.text)", "<body> sid='\(id.text)'",
        ] {
            #expect(hint(none) == .none, "\(none)")
        }
    }

    @Test("Every session has an id of its own")
    func ids() {
        let ids = Set((0..<1000).map { _ in BOSHSessionID() })
        #expect(ids.count == 1000)
        #expect(ids.allSatisfy { $0.text.utf8.count == 24 })
    }
}
