/// A file name as one step of a path, on the disk and in an address.
package enum UploadName {
    /// What file systems take.
    private static let bytesMax = 255
    private static let endingBytesMax = 32

    /// The name a client gave, made harmless; its ending stays what it was.
    ///
    /// Folders before it are left out. Characters that steer terminals or the direction of text,
    /// slashes of both kinds and a leading dot become `_`; a long name is cut before its ending.
    package static func safe(_ text: String) -> String {
        let last = text.split { $0 == "/" || $0 == "\\" }.last ?? ""
        var name = ""
        for scalar in last.unicodeScalars {
            name.unicodeScalars.append(isHarmless(scalar) ? scalar : "_")
        }
        if name.unicodeScalars.first == "." {
            name = "_" + String(name.unicodeScalars.dropFirst())
        }
        return name.isEmpty ? "file" : cut(name)
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .unassigned,
            .privateUse:
            false
        default:
            scalar != "/" && scalar != "\\"
        }
    }

    private static func cut(_ name: String) -> String {
        guard name.utf8.count > bytesMax else { return name }
        var end = name.lastIndex(of: ".") ?? name.endIndex
        if name[end...].utf8.count > endingBytesMax { end = name.endIndex }
        let ending = name[end...]
        // By scalars: one character may have more marks than there is room.
        var stem = name[..<end].unicodeScalars
        var count = stem.reduce(ending.utf8.count) { $0 + UTF8.width($1) }
        while count > bytesMax, let last = stem.popLast() { count -= UTF8.width(last) }
        return String(String.UnicodeScalarView(stem)) + ending
    }

    /// The step as an address has it: percent-encoded but for what never needs it (RFC 3986 §2.3).
    package static func encoded(_ step: String) -> String {
        var encoded = ""
        for byte in step.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += "%" + (digits.utf8.count < 2 ? "0" : "") + digits
            }
        }
        return encoded
    }
}
