/// The `version` of a stream header (RFC 6120 §4.7.5).
package enum StreamVersion: Sendable, Equatable {
    /// No version, or one below 1.0.
    case none
    /// 1.0 or later.
    case current
    /// Not a version at all.
    case unsupported

    package init(_ attribute: String?) {
        guard let attribute else {
            self = .none
            return
        }
        let parts = attribute.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = UInt16(parts[0]), UInt16(parts[1]) != nil else {
            self = .unsupported
            return
        }
        self = major == 0 ? .none : .current
    }
}
