import Synchronization
import XMPPEngine
import XMPPStorage

/// What the web side of uploads needs of the server.
struct UploadBackend: Sendable {
    /// What is known of files; `nil` while the server has no host.
    let store: @Sendable () -> (any UploadStore)?
    /// What a host was told; `nil` for a host without uploads.
    let settings: @Sendable (String) -> UploadSettings?
    /// Removes from the disk what a host does not keep any more.
    let tidy: @Sendable (UploadSettings) async -> Void
    /// Removes one file from the disk, whatever is known of it.
    let discard: @Sendable (Upload, UploadSettings) async -> Void

    init(
        store: @escaping @Sendable () -> (any UploadStore)?,
        settings: @escaping @Sendable (String) -> UploadSettings?,
        tidy: @escaping @Sendable (UploadSettings) async -> Void,
        discard: @escaping @Sendable (Upload, UploadSettings) async -> Void
    ) {
        self.store = store
        self.settings = settings
        self.tidy = tidy
        self.discard = discard
    }

    /// Asks the server each time: a reload counts at once.
    init(_ server: Server) {
        let workers = server.environment.workers
        let store: @Sendable () -> (any UploadStore)? = { [weak server] in
            server?.hosts.all.first?.stores.uploads
        }
        self.init(
            store: store,
            settings: { [weak server] host in
                guard let server else { return nil }
                return UploadSettings(
                    host: host, in: server.configuration,
                    dataDirectory: server.environment.dataDirectory)
            },
            tidy: { settings in
                guard let store = store() else { return }
                await UploadFiles(settings, store: store).tidy(on: workers)
            },
            discard: { upload, settings in
                guard let store = store() else { return }
                await UploadFiles(settings, store: store).discard(upload, on: workers)
            })
    }
}

/// Finished files that were asked for lately, and open folders: most requests need no database.
///
/// A `Mutex` guards both tables, which are emptied when they have grown.
final class UploadShelf: Sendable {
    private static let filesMax = 10_000
    private static let foldersMax = 100

    private struct State {
        var files: [String: Upload] = [:]
        var folders: [String: Folder] = [:]
    }

    private let state = Mutex(State())

    func file(_ id: String) -> Upload? { state.withLock { $0.files[id] } }

    func keep(_ upload: Upload) {
        state.withLock { state in
            if state.files.count >= Self.filesMax { state.files = [:] }
            state.files[upload.id] = upload
        }
    }

    func forget(_ id: String) {
        state.withLock { $0.files[id] = nil }
    }

    /// An open folder; `nil` when there is none of that path.
    func folder(_ path: String) -> Folder? {
        if let known = state.withLock({ $0.folders[path] }) { return known }
        guard let folder = Folder(path) else { return nil }
        state.withLock { state in
            if state.folders.count >= Self.foldersMax { state.folders = [:] }
            state.folders[path] = folder
        }
        return folder
    }
}
