import NIOCore
import XMPPCore

/// What waits for a session's next answers: stanzas as bytes, inside a body that is begun.
struct BOSHOutput {
    private static let head: StaticString = "<body xmlns='http://jabber.org/protocol/httpbind'>"
    private static let headCount = head.utf8CodeUnitCount
    private static let end: StaticString = "</body>"

    private var current = ByteBuffer()
    private var currentCount = 0
    /// Bodies that are full, each without its end; `current` follows them.
    private var full: [ByteBuffer] = []
    /// Whether something in here has the prefix `stream`.
    private var needsStreamPrefix = false

    var isEmpty: Bool { currentCount == 0 && full.isEmpty }

    /// Bytes that wait.
    var bytes: Int { full.reduce(current.readableBytes) { $0 + $1.readableBytes } }

    mutating func append(_ stanza: Stanza, concatMax: Int) {
        begin(concatMax: concatMax)
        current.write(stanza, framing: .standalone)
    }

    mutating func append(_ nonza: Element, concatMax: Int) {
        begin(concatMax: concatMax)
        if nonza.namespace == .streams {
            needsStreamPrefix = true
            current.writeStreamElement(nonza, contentNamespace: .httpBind)
        } else {
            current.write(nonza, in: .httpBind)
        }
    }

    private mutating func begin(concatMax: Int) {
        if currentCount >= concatMax {
            full.append(current)
            current = ByteBuffer()
            currentCount = 0
        }
        if currentCount == 0 {
            current = ByteBufferAllocator().buffer(capacity: 448)
            current.writeStaticString(Self.head)
        }
        currentCount += 1
    }

    /// Takes the payload of one answer.
    ///
    /// `attributes` are the body's, written with a space before each; usually none.
    mutating func take(attributes: String = "") -> [UInt8] {
        var payload = takePayload()
        let hasPrefix = needsStreamPrefix
        if isEmpty { needsStreamPrefix = false }
        if attributes.isEmpty, !hasPrefix, payload.readableBytes > 0 {
            payload.writeStaticString(Self.end)
            return Array(payload.readableBytesView)
        }
        var body = ByteBufferAllocator().buffer(
            capacity: payload.readableBytes + attributes.utf8.count + 160)
        body.writeStaticString("<body xmlns='http://jabber.org/protocol/httpbind'")
        if hasPrefix { body.writeStaticString(" xmlns:stream='http://etherx.jabber.org/streams'") }
        body.writeString(attributes)
        if payload.readableBytes > Self.headCount {
            body.writeStaticString(">")
            payload.moveReaderIndex(forwardBy: Self.headCount)
            body.writeBuffer(&payload)
            body.writeStaticString(Self.end)
        } else {
            body.writeStaticString("/>")
        }
        return Array(body.readableBytesView)
    }

    private mutating func takePayload() -> ByteBuffer {
        guard full.isEmpty else { return full.removeFirst() }
        let payload = current
        current = ByteBuffer()
        currentCount = 0
        return payload
    }

    /// Adds the error that ends the stream to the last answer.
    mutating func append(_ error: StreamError) { append(error.element, concatMax: .max) }

    /// Whether the next body is the last one there is.
    var isLast: Bool { full.isEmpty }

    /// `<body/>` with nothing in it but attributes, each with a space before it.
    static func empty(_ attributes: String) -> [UInt8] {
        var nothing = BOSHOutput()
        return nothing.take(attributes: attributes)
    }

    /// `<body/>` with nothing in it.
    static let empty = Array("<body xmlns='http://jabber.org/protocol/httpbind'/>".utf8)

    /// What the former connection of a repeated request gets (XEP-0124 §17.3).
    static let recoverable = Array(
        "<body type='error' xmlns='http://jabber.org/protocol/httpbind'/>".utf8)

    /// The end of a session, without payload.
    static func terminal(_ condition: BOSHCondition?) -> [UInt8] {
        let condition = condition.map { " condition='\($0.rawValue)'" } ?? ""
        return Array(
            "<body type='terminate'\(condition) xmlns='http://jabber.org/protocol/httpbind'/>".utf8)
    }

    /// The answer to a client that must go elsewhere (XEP-0124 §17.2).
    static func seeOther(_ uri: String) -> [UInt8] {
        var output = BOSHOutput()
        output.append(Element("uri", .httpBind, text: uri), concatMax: .max)
        return output.take(
            attributes: " type='terminate' condition='\(BOSHCondition.seeOtherURI.rawValue)'")
    }

    /// All that waits, as bodies; nothing waits then.
    mutating func takeAll() -> [[UInt8]] {
        var bodies: [[UInt8]] = []
        while !isEmpty { bodies.append(take()) }
        return bodies
    }
}
