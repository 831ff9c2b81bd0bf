import Glibc

/// The system the server runs on.
enum OperatingSystem {
    /// As in `Linux 6.1.0`.
    static let summary: String = {
        var name = utsname()
        guard uname(&name) == 0 else { return "Linux" }
        return text(of: &name.sysname) + " " + text(of: &name.release)
    }()

    private static func text<Field>(of field: inout Field) -> String {
        withUnsafeBytes(of: &field) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
