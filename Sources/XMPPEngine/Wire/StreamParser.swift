import CLibXML2
import Glibc

/// What a stream parser finds, in the order it stands in the stream.
package protocol StreamParserDelegate: AnyObject {
    func parserOpened(_ header: StreamHeader)
    func parserReceived(_ stanza: ParsedStanza)
    /// A top-level element that is no stanza: SASL, STARTTLS, stream errors.
    func parserReceived(_ nonza: Element)
    func parserClosed()
}

/// Reads a stream with libxml2's push parser (RFC 6120 §11).
///
/// A stanza comes out as its header and canonical payload bytes, never as a tree. Guarded by the
/// event loop of the stream it works for. Between two stanzas a parser holds nothing of its
/// stream, so that idle streams give theirs back to a `ParserPool`.
package final class StreamParser {
    /// What surrounds the stanzas.
    package enum Framing: Hashable, Sendable {
        /// A stream that begins with its own header (TCP).
        case stream
        /// A client stream whose standard header was read before.
        case clientStream
        /// Elements one after the other, each declaring its namespace (RFC 7395).
        case frames
        /// XEP-0124 `<body>` elements one after the other; stanzas are their children.
        case bodies

        /// Depth of the element that is reported as the header.
        fileprivate var headerDepth: Int { self == .bodies ? 1 : 0 }

        fileprivate var opening: StaticString? {
            switch self {
            case .stream: nil
            case .clientStream:
                """
                <stream:stream xmlns='jabber:client' \
                xmlns:stream='http://etherx.jabber.org/streams'>
                """
            case .frames, .bodies: "<stream>"
            }
        }
    }

    package let framing: Framing
    private var context: xmlParserCtxtPtr?
    private var builder: StanzaBuilder
    private var delegate: (any StreamParserDelegate)?
    private var limits = StreamLimits.beforeLogin
    private var error: StreamError?
    /// What libxml2 complained about first, also when it went on.
    private var reported: StreamError?
    private var isPriming = false
    private var isHalted = false
    private var depth = 0
    /// Bytes given to libxml2 since the parser was made.
    private var fedBytes = 0
    /// `fedBytes` where the current top-level element began.
    private var elementStart = 0
    /// Where `feedStepwise` stands.
    private var tags = TagEnds()
    private var headerContentNamespace = Namespace.client
    private var hasStandardHeader = false

    /// After so many bytes a pooled parser is replaced, so that its dictionary of names stays
    /// small.
    private static let retireBytes = 4 << 20

    package init(_ framing: Framing) {
        self.framing = framing
        builder = StanzaBuilder()
        context = nil
        makeContext()
    }

    deinit { xmlFreeParserCtxt(context) }

    /// Whether nothing of the stream is inside: no open element below the header, no unread byte.
    package var isBetweenElements: Bool {
        guard error == nil, !isHalted, let context, let input = context.pointee.input else {
            return false
        }
        guard depth == framing.headerDepth + (framing == .bodies ? 0 : 1) else { return false }
        // White space that libxml2 has not reported yet belongs to no stanza.
        guard var unread = input.pointee.cur, let end = input.pointee.end else { return false }
        while unread < end, Self.isSpace(unread.pointee) { unread += 1 }
        return unread >= end
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    /// Whether the parser can serve other streams of the same framing from here on.
    package var isReusable: Bool { isBetweenElements && fedBytes < Self.retireBytes }

    /// Whether the stream's header declared just what `Framing.clientStream` assumes.
    package var canContinueAsClientStream: Bool {
        framing == .stream && hasStandardHeader && isBetweenElements
    }

    /// Stops reporting, also in the middle of what is being fed.
    package func halt() { isHalted = true }

    /// Reads the next bytes of the stream.
    ///
    /// - Parameters:
    ///   - bytes: As they came, cut anywhere.
    ///   - delegate: Called synchronously for what the bytes complete.
    ///   - limits: In force until the next call.
    /// - Returns: The error that closes the stream, or `nil`. After an error the parser is dead.
    package func feed(
        _ bytes: UnsafeRawBufferPointer, to delegate: any StreamParserDelegate,
        limits: StreamLimits
    ) -> StreamError? {
        if let error { return error }
        self.delegate = delegate
        self.limits = limits
        defer { self.delegate = nil }
        if framing == .stream, fedBytes < 4, let refusal = Self.refusal(ofFirst: bytes) {
            error = refusal
            return refusal
        }
        push(bytes)
        if error == nil, fedBytes - elementStart > limits.stanzaBytesMax { refuseSize() }
        return isHalted ? nil : error
    }

    /// Reads bytes tag by tag, and stops where the owner wants.
    ///
    /// For the negotiation, where the bytes after an element may belong to another layer.
    ///
    /// - Parameters:
    ///   - bytes: The next bytes of the stream.
    ///   - delegate: Called synchronously for what the bytes complete.
    ///   - limits: In force until the next call.
    ///   - mayGoOn: Asked after each tag.
    /// - Returns: The error, or how many bytes were consumed.
    package func feedStepwise(
        _ bytes: UnsafeRawBufferPointer, to delegate: any StreamParserDelegate,
        limits: StreamLimits, while mayGoOn: () -> Bool
    ) -> Result<Int, StreamError> {
        var start = 0
        while start < bytes.count, mayGoOn() {
            let end = tags.next(in: bytes, from: start)
            let step = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            if let error = feed(step, to: delegate, limits: limits) { return .failure(error) }
            start = end
        }
        return .success(start)
    }

    /// Ends the document that was fed in one piece (a BOSH body, a WebSocket message).
    ///
    /// - Returns: An error when an element was left open or its text cut off.
    package func endOfFrame() -> StreamError? {
        if let error { return error }
        guard isBetweenElements || isHalted else {
            error = StreamError(.notWellFormed)
            return error
        }
        return nil
    }

    // MARK: libxml2

    private func push(_ bytes: UnsafeRawBufferPointer) {
        guard let context, let base = bytes.bindMemory(to: CChar.self).baseAddress else { return }
        var offset = 0
        // White space keeps a stream alive (RFC 6120 §4.6.1) and counts for no stanza.
        if fedBytes > 0, isBetweenElements {
            while offset < bytes.count, Self.isSpace(bytes[offset]) { offset += 1 }
        }
        while offset < bytes.count, error == nil, !isHalted {
            let step = min(bytes.count - offset, 1 << 20)
            fedBytes += step
            let code = xmlParseChunk(context, base + offset, Int32(truncatingIfNeeded: step), 0)
            if error == nil, code != 0 || context.pointee.nsWellFormed == 0 {
                error = reported ?? StreamError(.notWellFormed)
            }
            offset += step
        }
        if error == nil, !isHalted, isStuckAtAmpersand { fail(.notWellFormed) }
    }

    /// Whether libxml2 waits for the `;` of what cannot be a reference any more (XML §4.1).
    ///
    /// The references that may stand in a stream are short.
    private var isStuckAtAmpersand: Bool {
        guard let input = context?.pointee.input, var next = input.pointee.cur,
            let end = input.pointee.end, next < end, next.pointee == UInt8(ascii: "&")
        else { return false }
        let start = next
        next += 1
        while next < end {
            switch next.pointee {
            case UInt8(ascii: ";"): return false
            case UInt8(ascii: "#"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
                next += 1
            default: return true
            }
        }
        return next - start > 64
    }

    private func makeContext() {
        LibXML.initialize()
        var handlers = LibXML.handlers
        context = xmlCreatePushParserCtxt(
            &handlers, Unmanaged.passUnretained(self).toOpaque(), nil, 0, nil)
        guard let context else {
            error = StreamError(.internalServerError)
            return
        }
        // Without NOENT an ampersand in an attribute value comes as `&#38;`. Entities cannot be
        // declared: there is no DTD.
        let options =
            XML_PARSE_NONET.rawValue | XML_PARSE_HUGE.rawValue | XML_PARSE_NOENT.rawValue
        xmlCtxtUseOptions(context, Int32(truncatingIfNeeded: options))
        // Setting options writes the library's own handlers for some events: put ours back.
        context.pointee.sax.pointee = handlers
        guard let opening = framing.opening else { return }
        isPriming = true
        push(UnsafeRawBufferPointer(start: opening.utf8Start, count: opening.utf8CodeUnitCount))
        isPriming = false
        elementStart = fedBytes
    }

    /// A stream must be UTF-8 from its first byte (RFC 6120 §11.6); UTF-16 and UTF-32 are seen
    /// here.
    private static func refusal(ofFirst bytes: UnsafeRawBufferPointer) -> StreamError? {
        guard let first = bytes.first else { return nil }
        if first == 0 || first == 0xFE || first == 0xFF || (bytes.count > 1 && bytes[1] == 0) {
            return StreamError(.unsupportedEncoding)
        }
        return nil
    }

    /// Keeps the first thing libxml2 complains about; later ones are its consequences.
    ///
    /// RFC 6120 §4.9.3.13, §4.9.3.18, §4.9.3.22.
    func libraryReported(_ code: xmlParserErrors, isEncoding: Bool) {
        guard reported == nil else { return }
        switch code {
        case XML_ERR_UNDECLARED_ENTITY, XML_WAR_UNDECLARED_ENTITY, XML_ERR_UNPARSED_ENTITY,
            XML_ERR_ENTITY_LOOP, XML_ERR_ENTITY_IS_EXTERNAL, XML_ERR_ENTITY_IS_PARAMETER,
            XML_ERR_DOCTYPE_NOT_FINISHED:
            reported = StreamError(.restrictedXML)
        case XML_ERR_INVALID_ENCODING, XML_ERR_UNSUPPORTED_ENCODING, XML_ERR_UNKNOWN_ENCODING:
            reported = StreamError(.unsupportedEncoding)
        default:
            reported = StreamError(isEncoding ? .unsupportedEncoding : .notWellFormed)
        }
    }

    private func fail(_ condition: StreamError.Condition, _ text: String? = nil) {
        guard error == nil else { return }
        error = StreamError(condition, text)
        xmlStopParser(context)
    }

    private func refuseSize() { fail(.policyViolation, "XML stanza is too big") }

    /// Where in the fed bytes libxml2 stands: after the tag it is reporting.
    private var consumedBytes: Int {
        guard let input = context?.pointee.input, let cur = input.pointee.cur,
            let base = input.pointee.base
        else { return fedBytes }
        return Int(truncatingIfNeeded: input.pointee.consumed) &+ (cur - base)
    }

    // MARK: events, called by LibXML

    func startElement(_ tag: StartTag) {
        guard error == nil, !isHalted else { return }
        depth += 1
        if isPriming { return }
        if context?.pointee.nsWellFormed == 0 { return fail(.notWellFormed) }
        let level = depth - 1 - framing.headerDepth
        if level < 0 { return fail(.notWellFormed) }
        if tag.count > limits.attributesMax {
            return fail(.policyViolation, "too many attributes")
        }
        if level == 0, framing != .frames, framing != .clientStream { return open(tag) }
        if level == 1 {
            if tag.isStream { return fail(.badFormat, "a stream header inside a stream") }
            builder.begin(tag, contentNamespace: contentNamespace)
        } else {
            if level > limits.depthMax { return fail(.policyViolation, "XML is nested too deeply") }
            builder.open(tag)
        }
        if builder.elements > limits.elementsMax {
            fail(.policyViolation, "too many elements in a stanza")
        }
    }

    private var contentNamespace: Namespace {
        framing == .stream ? headerContentNamespace : .client
    }

    private func open(_ tag: StartTag) {
        if consumedBytes - elementStart > limits.stanzaBytesMax { return refuseSize() }
        if framing == .bodies { return delegate?.parserOpened(tag.header) ?? () }
        if let encoding = context?.pointee.encoding, !LibXML.isUTF8(encoding) {
            return fail(.unsupportedEncoding)
        }
        let header = tag.header
        headerContentNamespace = header.contentNamespace ?? .client
        hasStandardHeader =
            header.contentNamespace == .client && tag.declarations == 2
            && tag.isPrefix("stream")
        elementStart = consumedBytes
        delegate?.parserOpened(header)
    }

    func endElement() {
        guard error == nil, !isHalted else { return }
        depth -= 1
        let level = depth - framing.headerDepth
        if level > 1 { return builder.close() }
        if level == 1 {
            builder.close()
            let end = consumedBytes
            if framing != .bodies, end - elementStart > limits.stanzaBytesMax {
                return refuseSize()
            }
            if framing != .bodies { elementStart = end }
            switch builder.finish() {
            case .stanza(let stanza): delegate?.parserReceived(stanza)
            case .nonza(let nonza): delegate?.parserReceived(nonza)
            case .unreadable: fail(.internalServerError)
            }
        } else if level == 0 {
            if framing == .bodies {
                let end = consumedBytes
                if end - elementStart > limits.stanzaBytesMax { return refuseSize() }
                elementStart = end
            } else if framing == .frames {
                return fail(.notWellFormed)
            }
            delegate?.parserClosed()
        } else {
            fail(.notWellFormed)
        }
    }

    func characters(_ bytes: UnsafePointer<UInt8>, count: Int) {
        guard error == nil, !isHalted else { return }
        if depth > framing.headerDepth + 1 { return builder.characters(bytes, count: count) }
        for index in 0..<count {
            if Self.isSpace(bytes[index]) { continue }
            return fail(.badFormat, "text between stanzas")
        }
        if framing != .bodies { elementStart = max(elementStart, consumedBytes) }
    }

    /// A comment, a processing instruction or a document type (RFC 6120 §11.1).
    func restricted() { fail(.restrictedXML) }
}
