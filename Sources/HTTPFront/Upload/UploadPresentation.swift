import XMPPEngine
import XMPPStorage

/// How a browser gets to see a file that a stranger has uploaded (XEP-0363 §9.1).
struct UploadPresentation {
    /// Nothing in the file runs or loads anything, and no page may frame it.
    private static let policy =
        "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; "
        + "style-src 'unsafe-inline'; frame-ancestors 'none'"
    private static let keptSeconds: Int64 = 604_800

    let contentType: String
    let fields: [HTTPField]

    init(_ upload: Upload, now: Timestamp) {
        let type = Self.type(of: upload)
        contentType = type?.text ?? "application/octet-stream"
        let disposition = type?.isShownInPlace == true ? "inline" : "attachment"
        fields = [
            HTTPField(
                "Content-Disposition", "\(disposition); \(Self.filename(upload.name))"),
            HTTPField("Content-Security-Policy", Self.policy),
            HTTPField("Cross-Origin-Resource-Policy", "cross-origin"),
            HTTPField("Referrer-Policy", "no-referrer"),
            HTTPField("Cache-Control", Self.cacheControl(upload, now)),
        ]
    }

    /// What a file is given out as: what its client said, with its last request first, else what
    /// its name says.
    static func type(of upload: Upload, sentAs contentType: String? = nil) -> MediaType? {
        (contentType ?? upload.contentType).flatMap(MediaType.init)
            ?? MediaType(ContentTypes().type(of: upload.name[...]))
    }

    /// The name for old and new browsers (RFC 6266 §4.3, RFC 8187).
    private static func filename(_ name: String) -> String {
        let encoded = UploadName.encoded(name)
        guard encoded != name else { return "filename=\"\(name)\"" }
        let plain = String(
            name.unicodeScalars.map { scalar -> Character in
                let isPlain = (0x20...0x7e).contains(scalar.value)
                return isPlain && !"\"\\%".unicodeScalars.contains(scalar) ? Character(scalar) : "_"
            })
        return "filename=\"\(plain)\"; filename*=UTF-8''\(encoded)"
    }

    /// A file never changes; one that expires is not kept beyond that.
    private static func cacheControl(_ upload: Upload, _ now: Timestamp) -> String {
        guard let end = upload.expiresAt else {
            return "private, max-age=\(keptSeconds), immutable"
        }
        let left = max(0, (end.milliseconds - now.milliseconds) / 1000)
        return "private, max-age=\(min(left, keptSeconds)), immutable"
    }
}
