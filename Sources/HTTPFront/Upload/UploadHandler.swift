import Logging
import XMPPEngine
import XMPPStorage

/// Takes uploaded files and gives them out (XEP-0363 §7).
///
/// A file is answered for with 201 when it is in its place for good, and its row in the database.
final class UploadHandler: HTTPHandler {
    let methods: [HTTPMethod] = [.get, .head, .put]
    /// No file is larger, whatever the slot.
    private let sizeMax: UInt64
    private let backend: UploadBackend
    private let disk: DiskThreads
    private let claims: UploadClaims
    let shelf: UploadShelf
    private static let log = Logger(label: "martlet.http.upload")

    init(
        _ backend: UploadBackend, disk: DiskThreads, sizeMax: UInt64 = 1 << 50,
        claims: UploadClaims, shelf: UploadShelf = UploadShelf()
    ) {
        self.backend = backend
        self.disk = disk
        self.sizeMax = sizeMax
        self.claims = claims
        self.shelf = shelf
    }

    func intake(_ exchange: Exchange) -> BodyIntake {
        exchange.method == .put ? .stream(bytesMax: sizeMax) : .collect(bytesMax: 0)
    }

    func handle(_ exchange: Exchange) throws {
        guard let path = UploadPath(exchange.subpath), let store = backend.store() else {
            throw HTTPProblem(.notFound)
        }
        if exchange.method == .put {
            try take(path, store, exchange)
        } else {
            give(path, store, exchange)
        }
    }

    private static func refuse(_ status: HTTPStatus, _ exchange: Exchange) {
        exchange.respond(status, body: .page(status))
    }
}

// MARK: PUT

extension UploadHandler {
    private func take(
        _ path: UploadPath, _ store: any UploadStore, _ exchange: Exchange
    ) throws {
        guard let size = exchange.declaredBodyBytes else { throw HTTPProblem(.lengthRequired) }
        switch claims.claim(path.id) {
        case .claimed: break
        case .taken: throw HTTPProblem(.conflict)
        case .tooMany:
            throw HTTPProblem(.serviceUnavailable, fields: [HTTPField("Retry-After", "30")])
        }
        let contentType = exchange.field("Content-Type")
        let claims = claims
        let id = path.id
        exchange.onClose { claims.release(id) }
        exchange.hold(until: { await Self.find(id, in: store) }) { [self] exchange, found in
            switch found {
            case .failure:
                claims.release(id)
                Self.refuse(.serviceUnavailable, exchange)
            case .success(let upload):
                let decision = UploadDecision(
                    size: size, contentType: contentType, path: path, upload: upload, now: .now())
                begin(decision, upload, store, exchange, id: id)
            }
        }
    }

    private static func find(
        _ id: String, in store: any UploadStore
    ) async -> Result<Upload?, StorageError> {
        do throws(StorageError) {
            return .success(try await store.upload(id))
        } catch {
            log.error("a slot could not be read", metadata: ["error": "\(error)"])
            return .failure(error)
        }
    }

    private func begin(
        _ decision: UploadDecision, _ upload: Upload?, _ store: any UploadStore,
        _ exchange: Exchange, id: String
    ) {
        guard case .accept(let contentType) = decision, let upload,
            let settings = backend.settings(upload.host)
        else {
            claims.release(id)
            if case .refuse(let status) = decision { return Self.refuse(status, exchange) }
            return Self.refuse(.notFound, exchange)
        }
        // What was allowed may have changed since the slot, or the slot has no type.
        guard settings.types.accept(UploadPresentation.type(of: upload, sentAs: contentType))
        else {
            claims.release(id)
            return Self.refuse(.unsupportedMediaType, exchange)
        }
        guard claims.assign(id, to: upload.owner) else {
            claims.release(id)
            exchange.respond(
                .tooManyRequests, fields: [HTTPField("Retry-After", "30")],
                body: .page(.tooManyRequests))
            return
        }
        let file = IncomingFile(
            upload, root: settings.folder, fileMode: settings.fileMode,
            folderMode: settings.folderMode)
        UploadSink(exchange, file, disk: disk) { [self] failure in
            if let failure { return failed(failure, exchange, id: id) }
            finish(upload, contentType, settings, store, exchange)
        }.begin()
    }

    private func failed(_ failure: IncomingFile.Failure, _ exchange: Exchange, id: String) {
        claims.release(id)
        guard exchange.isOpen else { return }
        Self.log.error("an upload could not be kept", metadata: ["errno": "\(failure.code)"])
        let status = failure.isFullDisk ? HTTPStatus.insufficientStorage : .internalServerError
        exchange.refuseBody(status)
    }

    /// The file is in its place: notes that, and only then says so.
    private func finish(
        _ upload: Upload, _ contentType: String?, _ settings: UploadSettings,
        _ store: any UploadStore, _ exchange: Exchange
    ) {
        let (backend, claims) = (backend, claims)
        let quota = settings.quota(of: upload.owner)
        let work: @Sendable () async -> HTTPStatus = {
            defer { claims.release(upload.id) }
            do throws(StorageError) {
                let removed = try await store.complete(
                    upload.id, contentType: contentType, quota: quota, now: .now())
                guard let removed else {
                    // Its account was removed, or its slot, while it arrived. The same file sent
                    // twice stays: the slot is claimed until here.
                    if try await store.upload(upload.id)?.storedAt == nil {
                        await backend.discard(upload, settings)
                    }
                    return .gone
                }
                if removed > 0 { await backend.tidy(settings) }
                return .created
            } catch {
                Self.log.error("an upload could not be noted", metadata: ["error": "\(error)"])
                return .serviceUnavailable
            }
        }
        exchange.hold(until: work) { exchange, status in
            guard status == .created else { return Self.refuse(status, exchange) }
            exchange.respond(.created, fields: [HTTPField("Location", exchange.target)])
        }
    }
}

// MARK: GET

extension UploadHandler {
    private func give(_ path: UploadPath, _ store: any UploadStore, _ exchange: Exchange) {
        if let known = shelf.file(path.id) { return give(known, path, exchange) }
        let id = path.id
        exchange.hold(until: { await Self.find(id, in: store) }) { [self] exchange, found in
            switch found {
            case .failure:
                Self.refuse(.serviceUnavailable, exchange)
            case .success(let upload):
                guard let upload, upload.storedAt != nil else {
                    return Self.refuse(.notFound, exchange)
                }
                shelf.keep(upload)
                give(upload, path, exchange)
            }
        }
    }

    private func give(_ upload: Upload, _ path: UploadPath, _ exchange: Exchange) {
        let now = Timestamp.now()
        guard upload.folder == path.folder, upload.name == path.name,
            upload.expiresAt.map({ now < $0 }) ?? true,
            let settings = backend.settings(upload.host)
        else { return Self.refuse(.notFound, exchange) }
        let folder = shelf.folder(settings.folder)
        guard let file = folder?.open(UploadFiles.path(of: upload)), file.kind == .file,
            file.size == UInt64(clamping: upload.size)
        else {
            shelf.forget(upload.id)
            return Self.refuse(.notFound, exchange)
        }
        let presentation = UploadPresentation(upload, now: now)
        var answer = FileAnswer(type: presentation.contentType)
        answer.fields = presentation.fields
        answer.send(file, coding: nil, exchange)
    }
}
