import XMPPCore
import XMPPEngine

@testable import HTTPFront

/// Upload: slot requests as they come in an IQ, and the paths that PUT and GET name.
///
/// The first byte says which.
enum UploadTarget {
    static func run(_ input: Input) {
        guard let first = input.bytes.first else { return }
        let bytes = Array(input.bytes.dropFirst())
        if first & 1 == 0 {
            request(bytes)
        } else {
            path(String(decoding: bytes, as: UTF8.self))
        }
    }

    // MARK: requests

    private static func request(_ bytes: [UInt8]) {
        let collector = Collector()
        let parser = StreamParser(.frames)
        let error = bytes.withUnsafeBytes {
            parser.feed($0, to: collector, limits: .beforeLogin)
        }
        guard error == nil else { return }
        for element in collector.elements {
            guard let slot = try? SlotRequest(element) else { continue }
            require(slot.size > 0 && slot.size <= Int64.max, "\(slot)")
            name(slot.filename)
            if let type = slot.contentType {
                require(!type.text.contains("\r") && !type.text.contains("\n"), type.text)
            }
        }
    }

    private final class Collector: StreamParserDelegate {
        var elements: [Element] = []

        func parserOpened(_ header: StreamHeader) {}
        func parserReceived(_ stanza: ParsedStanza) { elements += stanza.payload.elements }
        func parserReceived(_ nonza: Element) { elements.append(nonza) }
        func parserClosed() {}
    }

    // MARK: names and paths

    /// A name is one step of a path, whatever the client called its file.
    private static func name(_ text: String) {
        let name = UploadName.safe(text)
        require(!name.isEmpty && name.utf8.count <= 255, "length of \(name.debugDescription)")
        require(name.utf8.first != UInt8(ascii: "."), "hidden: \(name.debugDescription)")
        require(
            name.utf8.allSatisfy { byte in
                byte >= 0x20 && byte != 0x7F && byte != UInt8(ascii: "/")
                    && byte != UInt8(ascii: "\\")
            }, name.debugDescription)
        // What the address says is what was meant.
        let steps = ["folder", "abcdefgh12345678", name]
        let address = steps.map { "/" + UploadName.encoded($0) }.joined()
        guard let decoded = PathDecoder.decode(address[...]), let path = UploadPath(decoded) else {
            fail("no path: \(address)")
        }
        require(path.name.utf8.elementsEqual(name.utf8), "\(path) \(name)")
    }

    private static func path(_ text: String) {
        name(text)
        guard let decoded = PathDecoder.decode(text[...]), let path = UploadPath(decoded) else {
            return
        }
        for step in [path.folder, path.id, path.name] {
            require(step != "." && step != ".." && !step.isEmpty, "\(path)")
            require(!step.utf8.contains { $0 < 0x20 || $0 == UInt8(ascii: "/") }, "\(path)")
        }
    }
}
