import NIOCore
import Testing
import XMPPCore
import XMPPEngine

@testable import HTTPFront

@Suite("Framed streams · RFC 7395 §3.3–3.6")
struct FramedStreamTests {
    private static let framing = "urn:ietf:params:xml:ns:xmpp-framing"

    private static func read(
        _ text: String, limits: StreamLimits = StreamLimits()
    ) -> Result<FramedStream.Item, StreamError> {
        Array(text.utf8).withUnsafeBytes {
            FramedMessage.read($0, with: ParserPool(), limits: limits)
        }
    }

    /// What messages lead to, in words; nothing is read after a failure.
    private static func play(_ messages: String..., restarts: Bool = false) -> [String] {
        var stream = FramedStream()
        var heard: [String] = []
        for message in messages {
            switch read(message) {
            case .failure(let error):
                heard.append(error.condition.rawValue)
                return heard
            case .success(let item):
                let order = stream.received(item)
                heard.append(word(order))
                if case .fail = order { return heard }
                if restarts { stream.restart() }
            }
        }
        return heard
    }

    private static func word(_ order: FramedStream.Order) -> String {
        switch order {
        case .open(let header): "open \(header["to"] ?? "-") \(header["lang", .xml] ?? "-")"
        case .stanza(let stanza): "\(stanza.kind)"
        case .nonza(let nonza): nonza.name
        case .close: "close"
        case .fail(let error): error.condition.rawValue
        }
    }

    @Test("§3.4: a stream is opened, used and closed")
    func usual() {
        let heard = Self.play(
            "<open xmlns='\(Self.framing)' to='example.com' xml:lang='en' version='1.0'/>",
            "<presence xmlns='jabber:client'/>", "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
            "<close xmlns='\(Self.framing)'/>")
        #expect(heard == ["open example.com en", "presence", "auth", "close"])
    }

    @Test("§3.3.2: the headers have their namespace, or the stream ends with invalid-namespace")
    func namespace() {
        #expect(Self.play("<open xmlns='jabber:client'/>") == ["invalid-namespace"])
        #expect(Self.play("<open/>") == ["invalid-namespace"])
        #expect(Self.play("<close xmlns='urn:x'/>") == ["invalid-namespace"])
        #expect(
            Self.play("<open xmlns='\(Self.framing)'/>", "<close xmlns='jabber:client'/>")
                == ["open - -", "invalid-namespace"])
    }

    @Test("§3.3.2: a prefix is as good as a default namespace")
    func prefix() {
        #expect(Self.play("<f:open xmlns:f='\(Self.framing)' to='a'/>") == ["open a -"])
    }

    @Test("§3.4, §3.7: a stream is opened once, and again after a restart")
    func again() {
        let open = "<open xmlns='\(Self.framing)'/>"
        #expect(Self.play(open, open) == ["open - -", "bad-format"])
        #expect(Self.play(open, open, restarts: true) == ["open - -", "open - -"])
    }

    @Test(
        "§3.3.3: a message is one element",
        arguments: [
            (
                "<presence xmlns='jabber:client'/><presence xmlns='jabber:client'/>",
                "not-well-formed"
            ),
            ("<presence xmlns='jabber:client'>", "not-well-formed"),
            ("<presence xmlns='jabber:client'/", "not-well-formed"),
            ("</presence>", "not-well-formed"), ("<", "not-well-formed"),
            ("<a></b>", "not-well-formed"),
            ("<presence xmlns='jabber:client'/>text", "not-well-formed"),
            ("text", "bad-format"), ("", "bad-format"), (" ", "bad-format"), ("\n", "bad-format"),
            (" <presence xmlns='jabber:client'/>", "bad-format"),
            ("\u{FEFF}<presence xmlns='jabber:client'/>", "bad-format"),
            ("<!-- x --><presence xmlns='jabber:client'/>", "restricted-xml"),
            ("<presence xmlns='jabber:client'><!-- x --></presence>", "restricted-xml"),
            ("<stream:stream xmlns:stream='http://etherx.jabber.org/streams'>", "bad-format"),
            ("<m xmlns='a'>&x;</m>", "restricted-xml"), ("<m:m/>", "not-well-formed"),
            ("</stream><stream>", "not-well-formed"), ("</stream>", "not-well-formed"),
            ("<presence xmlns='jabber:client'/></stream>", "not-well-formed"),
        ])
    func oneElement(message: String, condition: String) {
        #expect(Self.play(message) == [condition])
    }

    @Test("a document type is refused")
    func documentType() {
        let heard = Self.play("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>")
        #expect(heard == ["restricted-xml"])
    }

    @Test("§3.3.3: an XML declaration is not recommended, and read")
    func declaration() {
        let open = "<open xmlns='\(Self.framing)'/>"
        for head in [
            "<?xml version='1.0'?>", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
            "<?xml version='1.0' encoding='utf-8' standalone='yes' ?> ",
        ] {
            #expect(Self.play(head + open) == ["open - -"], "\(head)")
        }
        #expect(
            Self.play("<?xml version='1.0' encoding='ISO-8859-1'?>" + open)
                == ["unsupported-encoding"])
        #expect(Self.play("<?xml version='1.0'") == ["not-well-formed"])
        #expect(Self.play("<?xml version='1.0'?>") == ["not-well-formed"])
        #expect(Self.play("<?php 1 ?>" + open) == ["restricted-xml"])
    }

    @Test("the limits of a stream hold for a message")
    func limits() {
        func condition(_ text: String) -> StreamError.Condition? {
            guard case .failure(let error) = Self.read(text, limits: .beforeLogin) else {
                return nil
            }
            return error.condition
        }
        let long = String(repeating: "x", count: 9000)
        let deep = String(repeating: "<a>", count: 20) + String(repeating: "</a>", count: 20)
        let wide = "<m xmlns='a'>" + String(repeating: "<a/>", count: 40) + "</m>"
        #expect(condition("<m xmlns='a'>\(long)</m>") == .policyViolation)
        #expect(condition(deep) == .policyViolation)
        #expect(condition(wide) == .policyViolation)
        #expect(condition("<m xmlns='a'/>") == nil)
    }

    @Test("a parser that met an error is not used again")
    func pool() {
        let parsers = ParserPool()
        for text in ["<a>", "</a>", "<a/><b/>", "x", "<a xmlns='b'/>"] {
            _ = Array(text.utf8).withUnsafeBytes {
                FramedMessage.read($0, with: parsers, limits: StreamLimits())
            }
            let good = Array("<presence xmlns='jabber:client'/>".utf8).withUnsafeBytes {
                FramedMessage.read($0, with: parsers, limits: StreamLimits())
            }
            guard case .success(.stanza) = good else {
                Issue.record("after \(text)")
                continue
            }
        }
    }

    @Test("§3.3.1, §3.6.1: what is written is a document of its own")
    func writing() {
        func text(_ write: (inout ByteBuffer) -> Void) -> String {
            var buffer = ByteBuffer()
            write(&buffer)
            return String(decoding: buffer.readableBytesView, as: UTF8.self)
        }
        let opening = StreamOpening(
            id: "i<d", from: "example.com", to: nil, language: "en", hasVersion: true)
        #expect(
            text { $0.writeFramed(opening) }
                == "<open xmlns='\(Self.framing)' from='example.com' id='i&lt;d' xml:lang='en'"
                + " version='1.0'/>")
        #expect(text { $0.writeFramedClose() } == "<close xmlns='\(Self.framing)'/>")
        #expect(
            text { $0.writeFramedClose(seeOther: "wss://b.example/ws?a&b") }
                == "<close xmlns='\(Self.framing)' see-other-uri='wss://b.example/ws?a&amp;b'/>")
        let features = Element("features", .streams, children: [Element("bind", .bind)])
        #expect(
            text { $0.writeFramed(features) }
                == "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>"
                + "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>")
        let success = Element("success", .sasl)
        #expect(
            text { $0.writeFramed(success) }
                == "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
    }

    @Test("§3.6.1: only a URI sends a client elsewhere")
    func otherURI() {
        let uri = "wss://b.example/ws"
        #expect(StreamError(.seeOtherHost, otherHost: uri).otherURI == uri)
        #expect(StreamError(.seeOtherHost, otherHost: "b.example").otherURI == nil)
        #expect(StreamError(.conflict).otherURI == nil)
    }
}
