/// Why a supervisor refused or ended.
package enum SupervisorError: Error, Hashable, Sendable, CustomStringConvertible {
    case duplicateChild(String)
    case unknownChild(String)
    case tooManyChildren(limit: Int)
    /// A temporary child could not start; it was not added.
    case cannotStart(String)
    /// The supervisor has ended or is about to.
    case notRunning
    /// Restarts exceeded the intensity; the text names the child and its last error.
    case gaveUp(String)

    package var description: String {
        switch self {
        case .duplicateChild(let id): "there is a child \(id) already"
        case .unknownChild(let id): "there is no child \(id)"
        case .tooManyChildren(let limit): "there are \(limit) children already"
        case .cannotStart(let text): text
        case .notRunning: "the supervisor is not running"
        case .gaveUp(let text): "too many restarts: \(text)"
        }
    }
}
