import NIOCore
import Testing

@testable import XMPPCore

/// Writes down what a parser reports.
final class ParserLog: StreamParserDelegate {
    var events: [String] = []
    var stanzas: [ParsedStanza] = []

    func parserOpened(_ header: StreamHeader) {
        events.append("open \(header.name) \(header["to"] ?? "-")")
    }
    func parserReceived(_ stanza: ParsedStanza) {
        stanzas.append(stanza)
        let payload = String(decoding: stanza.payload.bytes, as: UTF8.self)
        events.append("\(stanza.kind) \(stanza.type.map { "\($0)" } ?? "?") \(payload)")
    }
    func parserReceived(_ nonza: Element) {
        events.append("nonza \(nonza.name) \(nonza.namespace) \(nonza.text)")
    }
    func parserClosed() { events.append("close") }
}

extension StreamParser {
    func feed(
        _ text: String, to log: ParserLog, limits: StreamLimits = StreamLimits()
    ) -> StreamError? {
        var text = text
        return text.withUTF8 { feed(UnsafeRawBufferPointer($0), to: log, limits: limits) }
    }
}

let openingTag =
    "<?xml version='1.0'?><stream:stream to='example.com' xmlns='jabber:client' "
    + "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"

@Suite("Stream parser · RFC 6120 §4, §11")
struct StreamParserTests {
    @Test("A stream comes out the same however its bytes are cut")
    func everyCut() throws {
        let text =
            openingTag
            + "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGE=</auth>"
            + " \n<message to='a@b' type='chat' id='1'><body>h\u{E9} &lt;&#38;</body>"
            + "<x xmlns='u:x' a=\"'\"><y/></x></message></stream:stream>"
        let expected = [
            "open stream example.com", "nonza auth urn:ietf:params:xml:ns:xmpp-sasl AGE=",
            "message chat <body>h\u{E9} &lt;&amp;</body><x xmlns='u:x' a='&apos;'><y/></x>",
            "close",
        ]
        let bytes = Array(text.utf8)
        for cut in 1..<bytes.count {
            let parser = StreamParser(.stream)
            let log = ParserLog()
            for piece in [bytes[..<cut], bytes[cut...]] {
                let error = Array(piece).withUnsafeBytes {
                    parser.feed($0, to: log, limits: StreamLimits())
                }
                #expect(error == nil, "cut at \(cut)")
            }
            #expect(log.events == expected, "cut at \(cut)")
        }
    }

    @Test(
        "An ampersand in an attribute value is one, however it is written (XML 1.0 §4.1, §4.4)",
        arguments: ["&amp;", "&#38;", "&#x26;", "&#038;"])
    func ampersand(written: String) throws {
        let parser = StreamParser(.stream)
        let log = ParserLog()
        let text =
            "<message id='a\(written)b'><x xmlns='u:x' y='\(written)\(written)#38;"
            + "&lt;&gt;&quot;&apos;'>\(written)</x></message>"
        #expect(parser.feed(openingTag + text, to: log) == nil)
        let stanza = try #require(log.stanzas.first)
        #expect(stanza.id == "a&b")
        #expect(stanza.payload.first("x", Namespace("u:x"))?["y"] == "&&#38;<>\"'")
        #expect(
            String(decoding: stanza.payload.bytes, as: UTF8.self)
                == "<x xmlns='u:x' y='&amp;&amp;#38;&lt;&gt;&quot;&apos;'>&amp;</x>")
    }

    @Test("Elements in no namespace stay there (XML Namespaces 1.0 §6.2)")
    func noNamespace() throws {
        let parser = StreamParser(.stream)
        let log = ParserLog()
        let text =
            "<message><x xmlns=''><y/><body xmlns='jabber:client'><z xmlns=''/></body></x>"
            + "<body>b</body></message>"
        #expect(parser.feed(openingTag + text, to: log) == nil)
        let stanza = try #require(log.stanzas.first)
        #expect(
            String(decoding: stanza.payload.bytes, as: UTF8.self)
                == "<x xmlns=''><y/><body xmlns='jabber:client'><z xmlns=''/></body></x>"
                + "<body>b</body>")
        #expect(stanza.payload.contains("x", Namespace("")))
        #expect(!stanza.payload.contains("x", .client))
        let read = try #require(Payload(canonical: stanza.payload.bytes)?.elements.first)
        #expect(read.elements.first?.namespace == Namespace(""))
    }

    private static func declaring(_ encoding: String) -> String {
        "<?xml version='1.0' encoding='\(encoding)'?>" + openingTag.dropFirst(21)
    }

    static let refusals: [(String, StreamError.Condition)] = [
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><x/>", StreamError.Condition.restrictedXML),
        ("<?xml version='1.0'?><!DOCTYPE lolz SYSTEM 'file:///etc/passwd'>", .restrictedXML),
        (openingTag + "<!-- hello -->", .restrictedXML),
        (openingTag + "<?php x?>", .restrictedXML),
        (openingTag + "<message><body>&lol;</body></message>", .restrictedXML),
        (openingTag + "<message><body>a & b</body></message>", .notWellFormed),
        (openingTag + "<message><body></message>", .notWellFormed),
        (openingTag + "<message a='1' a='2'/>", .notWellFormed),
        (openingTag + "<foo:message/>", .notWellFormed),
        (openingTag + "<message><body>\u{1}</body></message>", .notWellFormed),
        (openingTag + "<message><body>&#0;</body></message>", .notWellFormed),
        (openingTag + "<message to=a/>", .notWellFormed),
        (openingTag + "hello", .badFormat),
        ("GET / HTTP/1.1\r\n\r\n", .notWellFormed),
        (declaring("ISO-8859-1"), .unsupportedEncoding),
        (declaring("UTF-16"), .unsupportedEncoding),
    ]

    @Test("What may not stand in a stream has its own error", arguments: refusals)
    func refused(text: String, condition: StreamError.Condition) {
        let parser = StreamParser(.stream)
        let log = ParserLog()
        var error = parser.feed(text, to: log)
        if error == nil { error = parser.feed("<presence/><a>", to: log) }
        #expect(error?.condition == condition)
        #expect(!log.events.contains { $0.hasPrefix("message") })
        #expect(parser.feed("<presence/>", to: log) == error)
    }

    @Test(
        "Bytes that are not UTF-8 are an unsupported encoding (§4.9.3.22)",
        arguments: [
            [0xFF], [0xC3, 0x28], [0xE2, 0x82], [0xC0, 0xAF], [0x80],
        ] as [[UInt8]])
    func notUTF8(bad: [UInt8]) {
        let parser = StreamParser(.stream)
        let log = ParserLog()
        #expect(parser.feed(openingTag, to: log) == nil)
        let bytes =
            Array("<message><body>a".utf8) + bad + Array("bc def</body></message><presence/>".utf8)
        let error = bytes.withUnsafeBytes { parser.feed($0, to: log, limits: StreamLimits()) }
        #expect(error?.condition == .unsupportedEncoding)
    }

    @Test("A stream in UTF-16 is refused at its first bytes")
    func utf16() {
        for bytes in [[0xFF, 0xFE, 0x3C, 0], [0xFE, 0xFF, 0, 0x3C], [0x3C, 0, 0x3F, 0]] as [[UInt8]]
        {
            let parser = StreamParser(.stream)
            let error = bytes.withUnsafeBytes {
                parser.feed($0, to: ParserLog(), limits: StreamLimits())
            }
            #expect(error?.condition == .unsupportedEncoding)
        }
    }

    @Test("Limits hold for whole and for endless stanzas")
    func limits() {
        let small = StreamLimits(stanzaBytesMax: 300, elementsMax: 4, depthMax: 3, attributesMax: 5)
        let long = String(repeating: "x", count: 400)
        let cases = [
            "<message><body>\(long)</body></message>", "<message><body>\(long)",
            "<message a='\(long)",
            "<message a='1' b='2' c='3' d='4' e='5' f='6'/>",
            "<message><a><b><c/></b></a></message>",
            "<message><a/><a/><a/><a/></message>",
        ]
        for text in cases {
            let parser = StreamParser(.stream)
            let log = ParserLog()
            #expect(parser.feed(openingTag, to: log, limits: small) == nil)
            #expect(
                parser.feed(text, to: log, limits: small)?.condition == .policyViolation, "\(text)")
            #expect(log.stanzas.isEmpty)
        }
        let parser = StreamParser(.stream)
        let log = ParserLog()
        _ = parser.feed(openingTag, to: log, limits: small)
        for _ in 0..<10 {
            #expect(parser.feed("<message><a><b/></a></message>", to: log, limits: small) == nil)
        }
        #expect(log.stanzas.count == 10)
    }

    @Test("Whitespace keep-alives count for no stanza")
    func whitespace() {
        let parser = StreamParser(.stream)
        let log = ParserLog()
        let small = StreamLimits(stanzaBytesMax: 300)
        _ = parser.feed(openingTag, to: log, limits: small)
        for _ in 0..<5000 { #expect(parser.feed(" ", to: log, limits: small) == nil) }
        #expect(parser.feed("<presence/>", to: log, limits: small) == nil)
        #expect(log.stanzas.count == 1)
    }

    @Test("Stepwise feeding consumes nothing after the element that stops it")
    func stepwise() throws {
        let parser = StreamParser(.stream)
        let log = ParserLog()
        let text = openingTag + "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><presence/>"
        let bytes = Array(text.utf8)
        let used = try bytes.withUnsafeBytes {
            try parser.feedStepwise($0, to: log, limits: StreamLimits()) {
                log.events.count < 2
            }.get()
        }
        #expect(String(decoding: bytes[used...], as: UTF8.self) == "<presence/>")
        #expect(log.events.count == 2)
    }

    @Test("A parser between two stanzas serves another stream")
    func pooling() {
        let pool = ParserPool()
        let first = StreamParser(.stream)
        let log = ParserLog()
        #expect(first.feed(openingTag + "<presence/>", to: log) == nil)
        #expect(first.canContinueAsClientStream)
        let parser = pool.take(.clientStream)
        #expect(parser.feed("<message><body>a</body></message>", to: log) == nil)
        #expect(parser.isReusable)
        pool.give(parser)
        let again = pool.take(.clientStream)
        #expect(again === parser)
        #expect(again.feed("<message><body>b</body></mess", to: log) == nil)
        #expect(!again.isReusable)
        pool.give(again)
        #expect(pool.take(.clientStream) !== parser)
        #expect(log.stanzas.count == 2)
    }

    @Test("A header with more declarations keeps its parser")
    func ownDeclarations() {
        let parser = StreamParser(.stream)
        let log = ParserLog()
        let header = openingTag.dropLast() + " xmlns:x='u:x'>"
        #expect(parser.feed(header + "<message><x:a/></message>", to: log) == nil)
        #expect(!parser.canContinueAsClientStream)
        #expect(log.events.last == "message normal <a xmlns='u:x'/>")
    }

    @Test("A component's stanzas read like a client's")
    func componentNamespace() {
        let parser = StreamParser(.stream)
        let log = ParserLog()
        let header =
            "<stream:stream xmlns='jabber:component:accept' "
            + "xmlns:stream='http://etherx.jabber.org/streams' to='c'>"
        let error = parser.feed(
            header + "<message from='a@c'><body>x</body><f xmlns='u:f'>"
                + "<message xmlns='jabber:client'/></f></message><message xmlns='jabber:client'/>",
            to: log)
        #expect(error == nil)
        #expect(
            log.events[1]
                == "message normal <body>x</body><f xmlns='u:f'><message xmlns='jabber:client'/></f>"
        )
        #expect(log.events[2].hasPrefix("nonza message jabber:client"))
    }

    @Test("BOSH bodies follow one another, each with its stanzas")
    func bodies() {
        let parser = StreamParser(.bodies)
        let log = ParserLog()
        let body = "<body xmlns='http://jabber.org/protocol/httpbind' to='x' rid='1'>"
        for _ in 0..<3 {
            #expect(parser.feed(body + "<presence xmlns='jabber:client'/></body>", to: log) == nil)
            #expect(parser.endOfFrame() == nil)
        }
        #expect(
            log.events
                == Array(repeating: ["open body x", "presence available ", "close"], count: 3)
                .flatMap { $0 })
        #expect(parser.feed(body + "<presence", to: log) == nil)
        #expect(parser.endOfFrame()?.condition == .notWellFormed)
    }

    @Test("A body cannot close what is around it")
    func bodyEscape() {
        for text in ["</stream><stream>", "</stream>", "<body/></stream><body>", "text"] {
            let parser = StreamParser(.bodies)
            let log = ParserLog()
            let error = parser.feed(text, to: log) ?? parser.endOfFrame()
            #expect(error != nil, "\(text)")
        }
    }

    @Test("Frames declare their own namespaces")
    func frames() {
        let parser = StreamParser(.frames)
        let log = ParserLog()
        #expect(
            parser.feed("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='x'/>", to: log)
                == nil)
        #expect(parser.feed("<presence xmlns='jabber:client' type='unavailable'/>", to: log) == nil)
        #expect(
            log.events == [
                "nonza open urn:ietf:params:xml:ns:xmpp-framing ", "presence unavailable ",
            ])
        #expect(parser.feed("</stream>", to: log) != nil)
    }

    @Test("A long stream of many names stays in memory bounds")
    func longStream() {
        let parser = StreamParser(.clientStream)
        let log = ParserLog()
        for index in 0..<20_000 {
            let error = parser.feed("<message><n\(index)/><body>\(index)</body></message>", to: log)
            #expect(error == nil)
            log.stanzas.removeAll()
            log.events.removeAll()
        }
        #expect(parser.isBetweenElements)
    }
}

@Suite("Writing stanzas")
struct StanzaWritingTests {
    @Test("A stanza is written as it was read")
    func roundTrip() throws {
        let parser = StreamParser(.clientStream)
        let log = ParserLog()
        let payload = "<body>a &amp; b</body><x xmlns='u:x' xml:lang='de'>\u{1F600}<y/></x>"
        _ = parser.feed(
            "<message to='a@b/&apos;' id='&lt;' type='chat'>\(payload)</message>", to: log)
        let parsed = try #require(log.stanzas.first)
        guard case .valid(let to) = parsed.to else {
            Issue.record("no address")
            return
        }
        let stanza = Stanza(
            .message, type: .chat, id: parsed.id, from: JID("c@d"), to: to, payload: parsed.payload)
        var buffer = ByteBuffer()
        buffer.write(stanza, framing: .stream)
        #expect(
            String(buffer: buffer)
                == "<message type='chat' id='&lt;' to='a@b/&apos;' from='c@d'>\(payload)</message>")
        #expect(Payload(stanza.elements) == stanza.payload)
    }

    @Test("Trees survive being written and read")
    func trees() {
        var element = Element(
            "a", Namespace("u:a"), attributes: [("b", "<'\"&\n\t\r>")], text: "x<&>\r")
        element.attributes.append(.init(name: "c", namespace: Namespace("u:c"), value: "1"))
        element.append(Element("d", .client, children: [Element("e", Namespace("u:a"))]))
        #expect(Payload([element]).elements == [element])
    }

    @Test("Control characters cannot break a stream")
    func controls() {
        var buffer = ByteBuffer()
        buffer.writeEscaped("a\u{0}\u{1}b\u{1F}", quoting: false)
        #expect(String(buffer: buffer) == "ab")
    }

    @Test(
        "Bytes that are not canonical are not read",
        arguments: ["<a", "<a>", "<a></b>", "<a b=c/>", "</a>", "<a>&x;</a>"])
    func broken(text: String) {
        #expect(Payload(canonical: Array(text.utf8)) == nil)
    }
}
