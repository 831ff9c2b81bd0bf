import XMPPConfig

/// Which types of files a host takes (`allowed_content_types`, `refused_content_types`).
///
/// It is the client's word that counts; nothing looks into files.
package struct UploadTypes: Sendable, Equatable {
    /// `nil` allows every type.
    package let allowed: [MediaRange]?
    package let refused: [MediaRange]

    package init(allowed: [MediaRange]? = nil, refused: [MediaRange] = []) {
        self.allowed = allowed
        self.refused = refused
    }

    /// Whether a file of this type is taken; without one it is bytes of some kind (XEP-0363 §7).
    package func accept(_ type: MediaType?) -> Bool {
        let essence = type?.essence ?? "application/octet-stream"
        return !refused.contains { $0.contains(essence) }
            && allowed.map { $0.contains { $0.contains(essence) } } ?? true
    }

    /// Tells a client what it may do about a refusal.
    var explanation: String {
        func list(_ ranges: [MediaRange]) -> String {
            ranges.map(\.text).joined(separator: ", ")
        }
        let refusal = refused.isEmpty ? "" : "; never: \(list(refused))"
        return "files of this type are not taken; allowed: \(allowed.map(list) ?? "all")\(refusal)"
    }
}
