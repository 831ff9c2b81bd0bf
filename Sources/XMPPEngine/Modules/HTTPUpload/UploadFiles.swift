import Glibc
import Logging
import NIOPosix
import XMPPStorage

/// The files of uploads on the disk: `FOLDER/ID/NAME` below the host's folder.
package struct UploadFiles: Sendable {
    /// Files on their way, beside the finished ones so that a rename is all it takes.
    package static let incoming = ".incoming"
    private static let batchSize = 200
    private static let log = Logger(label: "martlet.upload")

    private let settings: UploadSettings
    private let store: any UploadStore

    package init(_ settings: UploadSettings, store: any UploadStore) {
        self.settings = settings
        self.store = store
    }

    /// Where a file is, below the host's folder.
    package static func path(of upload: Upload) -> String {
        "\(upload.folder)/\(upload.id)/\(upload.name)"
    }

    /// Removes from the disk what has expired or was removed, and forgets it.
    package func tidy(on workers: NIOThreadPool, now: Timestamp = .now()) async {
        do {
            while true {
                let gone = try await store.removable(
                    settings.host, settings.removal(now: now), limit: Self.batchSize)
                guard !gone.isEmpty else { return }
                let removed = try await workers.runIfActive { [folder = settings.folder] in
                    gone.filter { Self.remove($0, from: folder) }.map(\.id)
                }
                try await store.forget(removed)
                guard removed.count == gone.count else { return }
            }
        } catch {
            Self.log.warning(
                "uploads could not be tidied up",
                metadata: ["host": "\(settings.host)", "error": "\(error)"])
        }
    }

    /// Removes a file from the disk that nothing is kept of.
    package func discard(_ upload: Upload, on workers: NIOThreadPool) async {
        let folder = settings.folder
        _ = try? await workers.runIfActive { Self.remove(upload, from: folder) }
    }

    /// Removes one file and the folders that it leaves empty; blocks.
    private static func remove(_ upload: Upload, from root: String) -> Bool {
        let file = root + "/" + path(of: upload)
        guard unlink(file) == 0 || errno == ENOENT || errno == ENOTDIR else {
            let reason = String(cString: strerror(errno))
            log.warning(
                "an uploaded file could not be removed",
                metadata: ["file": "\(file)", "error": "\(reason)"])
            return false
        }
        rmdir("\(root)/\(upload.folder)/\(upload.id)")
        rmdir("\(root)/\(upload.folder)")
        return true
    }
}
