import XMPPEngine
import XMPPStorage

/// What becomes of a PUT, decided by its head and the slot (XEP-0363 §7).
enum UploadDecision: Equatable {
    /// Take the body; the type to note, `nil` for that of the slot.
    case accept(contentType: String?)
    case refuse(HTTPStatus)

    /// Decides.
    ///
    /// - Parameters:
    ///   - size: The length by the client's word.
    ///   - contentType: The field of the request; `nil` without one.
    ///   - path: Where the request went.
    ///   - upload: The slot of that path; `nil` when there is none.
    ///   - now: The moment.
    init(
        size: UInt64, contentType: String?, path: UploadPath, upload: Upload?, now: Timestamp
    ) {
        guard let upload, upload.folder == path.folder, upload.name == path.name else {
            self = .refuse(.notFound)
            return
        }
        guard upload.storedAt == nil else {
            self = .refuse(.conflict)
            return
        }
        guard now < upload.slotEndsAt, upload.expiresAt.map({ now < $0 }) ?? true else {
            self = .refuse(.gone)
            return
        }
        guard size == UInt64(clamping: upload.size) else {
            self = .refuse(.contentTooLarge)
            return
        }
        self = Self.compare(contentType, with: upload.contentType)
    }

    private static func compare(_ sent: String?, with promised: String?) -> UploadDecision {
        guard let sent, !sent.isEmpty else { return .accept(contentType: nil) }
        guard let type = MediaType(sent) else { return .refuse(.unsupportedMediaType) }
        guard let promised = promised.flatMap(MediaType.init) else {
            return .accept(contentType: type.text)
        }
        return type.essence == promised.essence
            ? .accept(contentType: nil) : .refuse(.unsupportedMediaType)
    }
}
