/// Why a store could not do what it was asked.
///
/// A thrown error means that nothing of the call was kept.
package enum StorageError: Error, Equatable, Sendable {
    /// The database is closed, locked for too long, read-only, moved away or cannot be opened.
    case unavailable(String)
    /// The disk or the quota is used up.
    case diskFull
    /// The file is no database, or its contents contradict themselves.
    case corrupt(String)
    /// One stored value is not what its store wrote; the others may be sound.
    case unreadable(String)
    /// Too many calls wait already; the caller may try again later.
    case overloaded
    /// The value breaks a rule of the store, for example an account without a localpart.
    case constraint(String)
    /// The task was cancelled before its call began.
    case cancelled
    /// A later release wrote this database; this one knows the schema only up to `known`.
    case newerSchema(found: Int, known: Int)

    /// Whether the database itself is broken, so that its owner should close and open it again.
    package var isFatal: Bool {
        switch self {
        case .unavailable, .corrupt: true
        case .diskFull, .unreadable, .overloaded, .constraint, .cancelled, .newerSchema: false
        }
    }
}

extension StorageError: CustomStringConvertible {
    /// A line for the log or an administrator.
    package var description: String {
        switch self {
        case .unavailable(let reason): "database unavailable: \(reason)"
        case .diskFull: "no space left for the database"
        case .corrupt(let reason): "database damaged: \(reason)"
        case .unreadable(let reason): "unreadable value: \(reason)"
        case .overloaded: "too many database calls are waiting"
        case .constraint(let reason): "not storable: \(reason)"
        case .cancelled: "cancelled before the database call began"
        case .newerSchema(let found, let known):
            "the database has schema version \(found), this release knows only up to \(known)"
        }
    }
}
