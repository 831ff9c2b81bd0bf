import XMPPCore
import XMPPStorage

/// What a client asks of the upload service (XEP-0363 §4–5).
package struct SlotRequest: Equatable, Sendable {
    /// As the client gave it.
    package let filename: String
    package let size: Int64
    package let contentType: MediaType?
    package let purpose: Upload.Purpose
    /// `expire-before` of an ephemeral file.
    package let expiresAt: Timestamp?

    /// A file beyond this is too large for any server; sums of sizes stay far from overflow.
    package static let sizeMax: Int64 = 1 << 50
    private static let filenameBytesMax = 4096

    /// Reads a `<request/>`.
    ///
    /// - Throws: `bad-request` for what is missing or malformed.
    package init(_ element: Element) throws(StanzaError) {
        guard element.is("request", .httpUpload) else { throw .badRequest }
        guard let filename = element["filename"], !filename.isEmpty,
            filename.utf8.count <= Self.filenameBytesMax
        else { throw StanzaError(.badRequest, "the name of the file is missing or too long") }
        guard let size = element["size"].flatMap(Self.size) else {
            throw StanzaError(.badRequest, "the size must be a positive number of bytes")
        }
        var contentType: MediaType?
        if let text = element["content-type"], !text.isEmpty {
            guard let type = MediaType(text) else {
                throw StanzaError(.badRequest, "this is no content type")
            }
            contentType = type
        }
        self.filename = filename
        self.size = size
        self.contentType = contentType
        (purpose, expiresAt) = try Self.purpose(of: element)
    }

    private static func size(_ text: String) -> Int64? {
        guard (1...19).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let size = Int64(text), size > 0
        else { return nil }
        return size
    }

    private static func purpose(
        of element: Element
    ) throws(StanzaError) -> (Upload.Purpose, Timestamp?) {
        let stated = element.elements.filter { $0.namespace == .uploadPurpose }
        guard stated.count <= 1 else { throw .badRequest }
        // An unknown purpose is none (§5): the default is a message.
        guard let stated = stated.first, let purpose = Upload.Purpose(rawValue: stated.name)
        else { return (.message, nil) }
        guard purpose == .ephemeral else { return (purpose, nil) }
        guard let moment = stated["expire-before"].flatMap(DateTime.moment) else {
            throw StanzaError(.badRequest, "expire-before must be a date and time")
        }
        return (purpose, moment)
    }
}
