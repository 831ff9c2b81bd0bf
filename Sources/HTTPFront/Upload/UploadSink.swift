import Glibc

/// Carries the body of one PUT to the disk in big pieces, and the client's pace with it.
///
/// Guarded by the exchange's loop; the file belongs to the disk thread that has a piece of it, of
/// which there is one at a time. While a piece is written the next one is collected; when that is
/// full too nothing more is read from the client.
final class UploadSink: @unchecked Sendable {
    // Sendable because other threads only carry it back to its loop.

    private enum State {
        /// The body arrives.
        case receiving
        /// All has arrived; a piece is still being written.
        case finishing
        /// The last bytes are written and the file is put in its place.
        case publishing
        /// To be discarded as soon as no thread has the file.
        case failing(IncomingFile.Failure)
        case over
    }

    /// Bytes of a piece.
    static let pieceBytes = 131_072
    private let exchange: Exchange
    private let file: IncomingFile
    private let disk: DiskThreads
    private let whenOver: (IncomingFile.Failure?) -> Void
    private var state = State.receiving
    private var collected: [UInt8] = []
    private var isWriting = false
    private var pace: UploadPace
    private var timer: HTTPTimer?

    /// Prepares to take a body.
    ///
    /// `whenOver` is called once, on the loop: with `nil` when the file is in its place, else when
    /// nothing of it is left. The client may have gone by then.
    init(
        _ exchange: Exchange, _ file: IncomingFile, disk: DiskThreads,
        whenOver: @escaping (IncomingFile.Failure?) -> Void
    ) {
        self.exchange = exchange
        self.file = file
        self.disk = disk
        self.whenOver = whenOver
        pace = UploadPace(
            bytesPerSecondMin: exchange.connection.server.limits.bytesPerSecondMin)
    }

    /// Lets the body come.
    func begin() {
        timer = exchange.loop.timer { [weak self] in self?.timePassed() }
        timer?.arm(after: UploadPace.interval)
        exchange.readBody({ self.take($0) }, complete: { self.complete() })
        exchange.onClose { self.fail(IncomingFile.Failure(code: ECONNRESET)) }
        exchange.acceptBody()
    }

    // MARK: from the client

    private func take(_ chunk: UnsafeRawBufferPointer) -> Int {
        guard case .receiving = state else { return chunk.count }
        let taken = min(chunk.count, Self.pieceBytes - collected.count)
        if collected.isEmpty { collected.reserveCapacity(Self.pieceBytes) }
        collected.append(contentsOf: chunk.prefix(taken))
        pace.took(taken)
        if taken < chunk.count { pace.heldBack() }
        if collected.count == Self.pieceBytes { writePiece() }
        return taken
    }

    private func complete() {
        exchange.hold()
        timer?.disarm()
        guard case .receiving = state else { return }
        if isWriting {
            state = .finishing
        } else {
            publish()
        }
    }

    private func timePassed() {
        guard case .receiving = state else { return }
        // While the disk is busy the client may be waiting for us.
        if isWriting { pace.heldBack() }
        guard pace.isKept() else { return exchange.connection.cut() }
        timer?.arm(after: UploadPace.interval)
    }

    // MARK: to the disk

    private func writePiece() {
        guard !isWriting else { return }
        let piece = collected
        collected = []
        onDisk { (file) throws(IncomingFile.Failure) in try file.write(piece) }
    }

    private func publish() {
        state = .publishing
        let rest = collected
        collected = []
        onDisk { (file) throws(IncomingFile.Failure) in
            if !rest.isEmpty { try file.write(rest) }
            try file.publish()
        }
    }

    private func onDisk(
        _ step: @escaping @Sendable (IncomingFile) throws(IncomingFile.Failure) -> Void
    ) {
        isWriting = true
        let file = file
        disk.run(for: exchange.loop) { () -> Result<Void, IncomingFile.Failure> in
            do throws(IncomingFile.Failure) {
                try step(file)
                return .success(())
            } catch {
                return .failure(error)
            }
        } then: { result in
            self.isWriting = false
            switch result ?? .failure(IncomingFile.Failure(code: ECANCELED)) {
            case .success: self.wrote()
            case .failure(let failure): self.fail(failure)
            }
        }
    }

    private func wrote() {
        switch state {
        case .receiving:
            if collected.count == Self.pieceBytes { writePiece() }
            exchange.resumeBody()
        case .finishing:
            publish()
        case .publishing:
            state = .over
            whenOver(nil)
        case .failing(let failure):
            discard(failure)
        case .over:
            break
        }
    }

    private func fail(_ failure: IncomingFile.Failure) {
        timer?.disarm()
        collected = []
        switch state {
        case .over:
            return
        case .publishing where isWriting:
            // The client has gone too late: the file will be there.
            return
        case .receiving, .finishing, .publishing, .failing:
            guard isWriting else { return discard(failure) }
            state = .failing(failure)
        }
    }

    private func discard(_ failure: IncomingFile.Failure) {
        state = .over
        let file = file
        disk.run(for: exchange.loop) {
            file.discard()
        } then: { _ in
            self.whenOver(failure)
        }
    }
}
