import XMPPEngine

/// Names and passwords that open a folder by basic authentication (RFC 7617).
struct BasicPasswords: Sendable, Equatable {
    /// What a client is told that has shown none of them.
    static let challenge = HTTPField(
        "WWW-Authenticate", "Basic realm=\"files\", charset=\"UTF-8\"")
    private static let fieldBytesMax = 1024

    private struct Entry: Sendable, Equatable {
        let name: String
        let digest: [UInt8]
    }

    private let entries: [Entry]

    /// Reads `NAME:PASSWORD` each; a name ends at the first colon.
    init(_ texts: [String]) {
        entries = texts.compactMap { text in
            guard let colon = text.firstIndex(of: ":") else { return nil }
            return Entry(
                name: String(text[..<colon]),
                digest: HashFunction.sha256.digest(of: Array(text.utf8)))
        }
    }

    var isEmpty: Bool { entries.isEmpty }

    /// Whose name and password an `Authorization` field shows; `nil` for none of them.
    func name(in field: String?) -> String? {
        guard let field, field.utf8.count <= Self.fieldBytesMax else { return nil }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic",
            let shown = Base64.decode(Array(parts[1].trimmed.utf8))
        else { return nil }
        let digest = HashFunction.sha256.digest(of: shown)
        var found: String?
        // All are compared, so that the time tells nothing of the place.
        for entry in entries where ConstantTime.areEqual(entry.digest, digest) {
            found = entry.name
        }
        return found
    }
}
