import XMPPCore

/// Slots and uploaded files in SQL.
struct SQLUploadStore: UploadStore {
    /// An upload that began in time may take so long before its slot is forgotten.
    private static let slotGrace = Duration.seconds(86_400)

    private let database: any SQLDatabase

    init(database: any SQLDatabase) { self.database = database }

    func open(
        _ upload: Upload, quota: UploadQuota, slotsMax: Int, now: Timestamp
    ) async throws(StorageError) -> UploadAdmission {
        try await database.write { (session) throws(StorageError) in
            let pending = try session.pendingUploads(of: upload.owner, now: now)
            if pending.count >= slotsMax { return .tooManySlots(until: pending.firstEnd) }
            if let hard = quota.hardBytes {
                let fixed = try session.storedBytes(
                    of: upload.owner, onlyKept: quota.softBytes != nil)
                let wanted = Self.sum(fixed, pending.bytes, upload.size)
                if wanted > hard {
                    return .noRoom(until: pending.count > 0 ? pending.firstEnd : nil)
                }
            }
            try session.insert(upload)
            return .opened
        }
    }

    private static func sum(_ numbers: Int64...) -> Int64 {
        numbers.reduce(0) { sum, number in
            let (total, hasOverflown) = sum.addingReportingOverflow(number)
            return hasOverflown ? .max : total
        }
    }

    func upload(_ id: String) async throws(StorageError) -> Upload? {
        try await database.read { (session) throws(StorageError) in
            try session.first(
                "SELECT \(UploadRow.columns) FROM upload WHERE id = ?1 AND is_removed = 0",
                .text(id), row: UploadRow.read)
        }
    }

    func complete(
        _ id: String, contentType: String?, quota: UploadQuota, now: Timestamp
    ) async throws(StorageError) -> Int? {
        try await database.write { (session) throws(StorageError) in
            let noted = try session.execute(
                """
                UPDATE upload SET stored_at = ?2, content_type = coalesce(?3, content_type)
                WHERE id = ?1 AND stored_at IS NULL AND is_removed = 0 AND is_orphaned = 0
                """,
                .text(id), .moment(now), .optional(contentType))
            guard noted == 1 else { return nil }
            let owner = try session.first("SELECT owner FROM upload WHERE id = ?1", .text(id)) {
                (row) throws(StorageError) in try row.text(0)
            }
            guard let owner else { return nil }
            return try session.trimUploads(of: owner, sparing: id, quota)
        }
    }

    func remove(_ id: String) async throws(StorageError) {
        _ = try await database.write { (session) throws(StorageError) in
            try session.execute("UPDATE upload SET is_removed = 1 WHERE id = ?1", .text(id))
        }
    }

    func removable(
        _ host: String, _ removal: UploadRemoval, limit: Int
    ) async throws(StorageError) -> [Upload] {
        let ended = removal.now.advanced(by: .zero - Self.slotGrace)
        var conditions: [(String, SQLValue)] = [
            ("is_removed = ?2", .flag(true)),
            ("stored_at IS NULL AND slot_ends_at < ?2", .moment(ended)),
            ("expires_at <= ?2", .moment(removal.now)),
        ]
        if removal.takesOrphans { conditions.append(("is_orphaned = ?2", .flag(true))) }
        if let oldest = removal.storedBefore {
            conditions.append(("stored_at < ?2 AND is_kept = 0", .moment(oldest)))
        }
        let all = conditions
        return try await database.read { (session) throws(StorageError) in
            var found: [Upload] = []
            for (condition, value) in all where found.count < limit {
                let more = try session.query(
                    """
                    SELECT \(UploadRow.columns) FROM upload WHERE host = ?1 AND \(condition)
                    LIMIT ?3
                    """,
                    .text(host), value, .integer(limit - found.count), row: UploadRow.read)
                found += more.filter { new in !found.contains { $0.id == new.id } }
            }
            return found
        }
    }

    func forget(_ ids: [String]) async throws(StorageError) {
        _ = try await database.write { (session) throws(StorageError) in
            for id in ids { try session.execute("DELETE FROM upload WHERE id = ?1", .text(id)) }
            return 0
        }
    }

    func bytes(of owner: BareJID, now: Timestamp) async throws(StorageError) -> Int64 {
        try await database.read { (session) throws(StorageError) in
            try session.storedBytes(of: owner, onlyKept: false)
                + session.pendingUploads(of: owner, now: now).bytes
        }
    }
}

extension SQLSession {
    /// Leaves the account's files without an owner: another account of that name gets none of them.
    func orphanUploads(of owner: BareJID) throws(StorageError) {
        try execute("UPDATE upload SET is_orphaned = 1 WHERE owner = ?1", .text(owner.text))
    }

    fileprivate func insert(_ upload: Upload) throws(StorageError) {
        try execute(
            """
            INSERT INTO upload (id, owner, host, folder, name, size, content_type, purpose,
                is_kept, slot_ends_at, stored_at, expires_at, is_removed, is_orphaned)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0, 0)
            """,
            .text(upload.id), .text(upload.owner.text), .text(upload.host), .text(upload.folder),
            .text(upload.name), .integer(upload.size), .optional(upload.contentType),
            .text(upload.purpose.rawValue), .flag(upload.purpose.isKept),
            .moment(upload.slotEndsAt), .optional(upload.storedAt), .optional(upload.expiresAt))
    }

    /// The account's slots that are still open.
    fileprivate func pendingUploads(
        of owner: BareJID, now: Timestamp
    ) throws(StorageError) -> (count: Int, bytes: Int64, firstEnd: Timestamp) {
        let found = try first(
            """
            SELECT count(*), coalesce(sum(size), 0), coalesce(min(slot_ends_at), ?2)
            FROM upload WHERE owner = ?1 AND stored_at IS NULL AND slot_ends_at > ?2
                AND is_removed = 0 AND is_orphaned = 0
            """,
            .text(owner.text), .moment(now)
        ) { (row) throws(StorageError) in
            (try row.int(0), try row.integer(1), try row.moment(2))
        }
        return found ?? (0, 0, now)
    }

    fileprivate func storedBytes(
        of owner: BareJID, onlyKept: Bool
    ) throws(StorageError) -> Int64 {
        try number(
            """
            SELECT coalesce(sum(size), 0) FROM upload WHERE owner = ?1 AND stored_at IS NOT NULL
                AND is_removed = 0 AND is_orphaned = 0 AND is_kept >= ?2
            """,
            .text(owner.text), .flag(onlyKept))
    }

    /// Removes the oldest files until the rest is within the soft quota; returns how many went.
    fileprivate func trimUploads(
        of owner: String, sparing id: String, _ quota: UploadQuota
    ) throws(StorageError) -> Int {
        guard let soft = quota.softBytes, let limit = quota.trimsAbove else { return 0 }
        var files = try query(
            """
            SELECT id, size, is_kept FROM upload WHERE owner = ?1 AND stored_at IS NOT NULL
                AND is_removed = 0 AND is_orphaned = 0
            ORDER BY stored_at, id
            """, .text(owner)
        ) { (row) throws(StorageError) in
            (id: try row.text(0), size: try row.integer(1), isKept: try row.flag(2))
        }
        var total = files.reduce(0) { $0 + $1.size }
        guard total > limit else { return 0 }
        files.removeAll { $0.isKept || $0.id == id }
        var removed = 0
        for file in files where total > soft {
            try execute("UPDATE upload SET is_removed = 1 WHERE id = ?1", .text(file.id))
            total -= file.size
            removed += 1
        }
        return removed
    }
}

/// A row of the table as a value.
private enum UploadRow {
    static let columns = """
        id, owner, host, folder, name, size, content_type, purpose, slot_ends_at, stored_at, \
        expires_at
        """

    static func read(_ row: any SQLRow) throws(StorageError) -> Upload {
        guard let owner = BareJID(try row.text(1)),
            let purpose = Upload.Purpose(rawValue: try row.text(7))
        else { throw .unreadable("upload \(try row.text(0))") }
        return Upload(
            id: try row.text(0), owner: owner, host: try row.text(2), folder: try row.text(3),
            name: try row.text(4), size: try row.integer(5),
            contentType: try row.optionalText(6), purpose: purpose,
            slotEndsAt: try row.moment(8), storedAt: try row.optionalMoment(9),
            expiresAt: try row.optionalMoment(10))
    }
}
