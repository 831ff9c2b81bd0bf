import Synchronization

/// What all places that take uploads share, also when their options change.
///
/// A `Mutex` guards the set.
final class UploadDesk: Sendable {
    let claims = UploadClaims(most: 100)
    let shelf = UploadShelf()
    private let tidied = Mutex<Set<String>>([])

    /// Removes what the former process left unfinished in folders that are not in use yet.
    func open(_ folders: Set<String>) {
        let fresh = tidied.withLock { tidied in
            defer { tidied.formUnion(folders) }
            return folders.subtracting(tidied)
        }
        for folder in fresh { IncomingFile.removeLeftovers(in: folder) }
    }
}
