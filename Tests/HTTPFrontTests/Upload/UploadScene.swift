import Glibc
import NIOPosix
import Synchronization
import XMPPCore
import XMPPStorage

@testable import HTTPFront
@testable import XMPPConfig
@testable import XMPPEngine

/// What is known of uploads, in memory; a `Mutex` guards it.
final class MemoryUploads: UploadStore {
    private let uploads = Mutex<[String: Upload]>([:])
    private let broken = Mutex(false)

    /// From now on every call fails.
    func fail() { broken.withLock { $0 = true } }

    private func check() throws(StorageError) {
        if broken.withLock({ $0 }) { throw .unavailable("broken") }
    }

    /// Forgets a slot, as when its account is removed.
    func takeBack(_ id: String) { uploads.withLock { $0[id] = nil } }

    func put(_ upload: Upload) { uploads.withLock { $0[upload.id] = upload } }

    func open(
        _ upload: Upload, quota: UploadQuota, slotsMax: Int, now: Timestamp
    ) async throws(StorageError) -> UploadAdmission {
        try check()
        put(upload)
        return .opened
    }

    func upload(_ id: String) async throws(StorageError) -> Upload? {
        try check()
        return uploads.withLock { $0[id] }
    }

    func complete(
        _ id: String, contentType: String?, quota: UploadQuota, now: Timestamp
    ) async throws(StorageError) -> Int? {
        try check()
        return uploads.withLock { uploads in
            guard uploads[id] != nil, uploads[id]?.storedAt == nil else { return nil }
            uploads[id]?.storedAt = now
            if let contentType { uploads[id]?.contentType = contentType }
            return 0
        }
    }

    func remove(_ id: String) async throws(StorageError) {
        uploads.withLock { $0[id] = nil }
    }

    func removable(
        _ host: String, _ removal: UploadRemoval, limit: Int
    ) async throws(StorageError) -> [Upload] { [] }

    func forget(_ ids: [String]) async throws(StorageError) {}

    func bytes(of owner: BareJID, now: Timestamp) async throws(StorageError) -> Int64 { 0 }
}

/// A web server that takes uploads into a folder of its own.
final class UploadScene {
    static let id = "abcdefghijklmnopqrstuvwxyz0123456789ABCD"

    let folder: TestFolder
    let store = MemoryUploads()
    let claims: UploadClaims
    let server: TestServer
    private let disk = DiskThreads()

    init(
        uploadsMax: Int = 10, ofOwnerMax: Int = 10, limits: HTTPLimits = HTTPLimits(),
        allowed: [String]? = nil, refused: [String] = []
    ) throws {
        let folder = try TestFolder()
        self.folder = folder
        let store = store
        let values = OptionValues(host: "example.com").setting(
            HTTPUpload.docroot, to: folder.path + "/files"
        ).setting(HTTPUpload.allowedTypes, to: allowed?.compactMap { MediaRange($0) })
            .setting(HTTPUpload.refusedTypes, to: refused.compactMap { MediaRange($0) })
        let settings = UploadSettings(
            host: "example.com", options: values, quota: nil, rules: AccessControl(),
            dataDirectory: "/nowhere", address: nil)
        let backend = UploadBackend(
            store: { store }, settings: { $0 == "example.com" ? settings : nil }, tidy: { _ in },
            discard: { upload, settings in
                await UploadFiles(settings, store: store).discard(upload, on: .singleton)
            })
        claims = UploadClaims(most: uploadsMax, mostOfOwner: ofOwnerMax)
        disk.start()
        server = try TestServer(
            [
                Mount(
                    prefix: "/upload",
                    handler: UploadHandler(
                        backend, disk: disk, sizeMax: 10_000_000, claims: claims),
                    cors: UploadModule.cors)
            ], limits: limits)
    }

    deinit {
        let disk = disk
        server.stop()
        Task { await disk.stop() }
    }

    /// A slot in the store; returns its path on the server.
    @discardableResult
    func slot(
        size: Int64 = 5, contentType: String? = "text/plain", name: String = "a.txt",
        endsAt: Timestamp = .now().advanced(by: .seconds(60)), expiresAt: Timestamp? = nil,
        host: String = "example.com"
    ) throws -> String {
        let owner = BareJID("romeo@example.com")
        guard let owner else { throw RawFailure(22) }
        store.put(
            Upload(
                id: Self.id, owner: owner, host: host, folder: "f", name: name, size: size,
                contentType: contentType, purpose: .message, slotEndsAt: endsAt,
                expiresAt: expiresAt))
        return "/upload/f/\(Self.id)/\(UploadName.encoded(name))"
    }

    func put(_ path: String, _ body: String, _ fields: String...) throws -> RawResponse {
        let extra = fields.map { "\r\n" + $0 }.joined()
        return try server.ask(
            "PUT \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\(extra)",
            body: body)
    }

    func get(_ path: String, _ fields: String...) throws -> RawResponse {
        let extra = fields.map { "\r\n" + $0 }.joined()
        return try server.ask("GET \(path) HTTP/1.1\r\nHost: h\(extra)")
    }

    /// Whether something comes true within ten seconds.
    func becomesTrue(_ condition: () -> Bool) -> Bool {
        let end = ContinuousClock.now.advanced(by: .seconds(10))
        while ContinuousClock.now < end {
            if condition() { return true }
            sched_yield()
        }
        return false
    }

    /// What lies in the folder of files on their way.
    var incoming: [String] { folder.list("files/.incoming") }
}
