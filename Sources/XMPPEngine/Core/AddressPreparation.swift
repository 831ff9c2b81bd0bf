import CLibIDN
import Glibc

/// Prepares the parts of an address (RFC 7622 §3, with the stringprep profiles of RFC 6122).
///
/// ASCII is prepared here; anything else goes to libidn.
enum AddressPreparation {
    /// Longest part, in bytes of UTF-8 (RFC 7622 §3.2–3.4).
    static let partBytesMax = 1023

    typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>

    static func localpart(_ text: String) -> String? {
        withBytes(of: text) { localpart(utf8: $0) }
    }

    static func domainpart(_ text: String) -> String? {
        withBytes(of: text) { domainpart(utf8: $0) }
    }

    static func resourcepart(_ text: String) -> String? {
        withBytes(of: text) { resourcepart(utf8: $0) }
    }

    static func localpart(utf8 bytes: Bytes) -> String? {
        guard !bytes.isEmpty, bytes.count <= partBytesMax else { return nil }
        var isPlain = true
        for byte in bytes {
            if byte >= 0x80 { return profile(bytes, of: .nodeprep) }
            guard byte > 0x20, byte < 0x7F, !isForbiddenInLocalpart(byte) else { return nil }
            if isUpper(byte) { isPlain = false }
        }
        return isPlain ? String(decoding: bytes, as: UTF8.self) : lowercased(bytes)
    }

    static func domainpart(utf8 bytes: Bytes) -> String? {
        var bytes = bytes
        if bytes.last == UInt8(ascii: ".") { bytes = bytes.dropLast() }
        guard !bytes.isEmpty, bytes.count <= partBytesMax else { return nil }
        if bytes.first == UInt8(ascii: "[") { return addressLiteral(bytes) }
        var isPlain = true
        var previous = UInt8(ascii: ".")
        for byte in bytes {
            if byte >= 0x80 { return internationalDomain(bytes) }
            guard isDomainByte(byte) else { return nil }
            if byte == UInt8(ascii: "."), previous == byte { return nil }
            if isUpper(byte) { isPlain = false }
            previous = byte
        }
        return isPlain ? String(decoding: bytes, as: UTF8.self) : lowercased(bytes)
    }

    static func resourcepart(utf8 bytes: Bytes) -> String? {
        guard !bytes.isEmpty, bytes.count <= partBytesMax else { return nil }
        for byte in bytes {
            if byte >= 0x80 { return profile(bytes, of: .resourceprep) }
            guard byte >= 0x20, byte < 0x7F else { return nil }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func withBytes<R>(of text: String, _ body: (Bytes) -> R) -> R {
        var text = text
        return text.withUTF8 { body($0[...]) }
    }

    /// The characters nodeprep forbids beside space and controls (RFC 6122 appendix A.5).
    private static func isForbiddenInLocalpart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "/"),
            UInt8(ascii: ":"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "@"):
            true
        default: false
        }
    }

    private static func isDomainByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isUpper(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
    }

    private static func lowercased(_ bytes: Bytes) -> String {
        String(decoding: bytes.lazy.map { isUpper($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// An IPv6 literal in brackets (RFC 7622 §3.2): hexadecimal digits, colons, dots and a zone.
    private static func addressLiteral(_ bytes: Bytes) -> String? {
        guard bytes.last == UInt8(ascii: "]"), bytes.count > 2 else { return nil }
        let inner = bytes.dropFirst().dropLast()
        let isLiteral = inner.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        return isLiteral && inner.contains(UInt8(ascii: ":")) ? lowercased(bytes) : nil
    }

    private static func internationalDomain(_ bytes: Bytes) -> String? {
        guard var prepared = profile(bytes, of: .nameprep) else { return nil }
        // RFC 3490 §3.1: three other characters count as a full stop between labels.
        if prepared.unicodeScalars.contains(where: Self.isFullStop) {
            var scalars = String.UnicodeScalarView()
            for scalar in prepared.unicodeScalars {
                scalars.append(isFullStop(scalar) ? "." : scalar)
            }
            prepared = String(scalars)
        }
        let labels = prepared.utf8.split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isSound = labels.allSatisfy { label in
            !label.isEmpty && label.allSatisfy { $0 >= 0x80 || isDomainByte($0) }
        }
        return isSound ? prepared : nil
    }

    private static func isFullStop(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\u{3002}" || scalar == "\u{FF0E}" || scalar == "\u{FF61}"
    }

    private enum Profile { case nodeprep, nameprep, resourceprep }

    private static func profile(_ bytes: Bytes, of profile: Profile) -> String? {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        let name =
            switch profile {
            case .nodeprep: "Nodeprep"
            case .nameprep: "Nameprep"
            case .resourceprep: "Resourceprep"
            }
        // stringprep_profile allocates its answer with malloc; NUL ends the input.
        guard !bytes.contains(0) else { return nil }
        var input = bytes.map { CChar(bitPattern: $0) }
        input.append(0)
        var output: UnsafeMutablePointer<CChar>?
        // Code points newer than the profile's Unicode 3.2 pass unchanged (RFC 3454 §7).
        let code = name.withCString {
            stringprep_profile(input, &output, $0, Stringprep_profile_flags(0))
        }
        defer { free(output) }
        guard code == Int32(STRINGPREP_OK.rawValue), let output else { return nil }
        let prepared = String(cString: output)
        guard !prepared.isEmpty, prepared.utf8.count <= partBytesMax else { return nil }
        return prepared
    }
}
