/// A media type as `Content-Type` has it (RFC 9110 §8.3.1).
package struct MediaType: Equatable, Sendable {
    /// As it was written.
    package let text: String
    /// `type/subtype` in lower case, without parameters.
    package let essence: String

    private static let bytesMax = 255

    /// `nil` for what is no media type, or a very long one.
    package init?(_ text: String) {
        let parts = text.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.bytesMax, let first = parts.first,
            text.utf8.allSatisfy({ (0x20...0x7e).contains($0) })
        else { return nil }
        var essence = first
        while essence.last == " " { essence.removeLast() }
        let names = essence.split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == 2, names.allSatisfy(Self.isToken) else { return nil }
        self.text = text
        self.essence = essence.lowercased()
    }

    private static func isToken(_ name: Substring) -> Bool {
        let marks = "!#$%&'*+-.^_`|~".utf8
        return !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: marks.contains(byte)
                }
            }
    }

    /// Whether a browser may show it in place: images, sound, films and plain text, nothing that
    /// could run.
    package var isShownInPlace: Bool {
        switch essence.prefix(while: { $0 != "/" }) {
        case "image": !essence.hasSuffix("svg+xml") && !essence.hasSuffix("+xml")
        case "audio", "video": true
        default: essence == "text/plain"
        }
    }
}
