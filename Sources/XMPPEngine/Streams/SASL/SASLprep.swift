import CLibIDN
import Glibc

/// Preparation of user names and passwords (RFC 4013).
package enum SASLprep {
    /// Longest text prepared, in bytes of UTF-8.
    package static let bytesMax = 1023

    /// Prepares a text as a stored string: characters unassigned in Unicode 3.2 are refused.
    ///
    /// - Returns: The prepared text; `nil` when it has forbidden characters, is longer than
    ///   ``bytesMax`` or nothing is left of it.
    package static func prepare(_ text: String) -> String? {
        var isPlain = true
        for byte in text.utf8 where byte < 0x20 || byte > 0x7E {
            // An ASCII control is forbidden; NUL would also end libidn's input early.
            guard byte >= 0x80 else { return nil }
            isPlain = false
        }
        guard !text.isEmpty, text.utf8.count <= bytesMax else { return nil }
        return isPlain ? text : profile(text)
    }

    private static func profile(_ text: String) -> String? {
        var output: UnsafeMutablePointer<CChar>?
        let flags = Stringprep_profile_flags(STRINGPREP_NO_UNASSIGNED.rawValue)
        // stringprep_profile allocates its answer with malloc.
        let code = text.withCString { stringprep_profile($0, &output, "SASLprep", flags) }
        defer { free(output) }
        guard code == Int32(STRINGPREP_OK.rawValue), let output else { return nil }
        let prepared = String(cString: output)
        guard !prepared.isEmpty, prepared.utf8.count <= bytesMax else { return nil }
        return prepared
    }
}
