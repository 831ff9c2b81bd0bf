extension Schema {
    /// Slots and files of XEP-0363.
    ///
    /// Not among the owned tables: the files must go from the disk before their rows do.
    static func uploadTables(_ words: SQLDialect) -> [String] {
        [
            """
            CREATE TABLE upload (
                id \(words.text) PRIMARY KEY, owner \(words.text) NOT NULL,
                host \(words.text) NOT NULL, folder \(words.text) NOT NULL,
                name \(words.text) NOT NULL, size BIGINT NOT NULL, content_type \(words.text),
                purpose \(words.text) NOT NULL, is_kept BIGINT NOT NULL,
                slot_ends_at BIGINT NOT NULL, stored_at BIGINT, expires_at BIGINT,
                is_removed BIGINT NOT NULL, is_orphaned BIGINT NOT NULL)
            """,
            "CREATE INDEX upload_of_owner ON upload (owner, stored_at)",
            "CREATE INDEX upload_by_age ON upload (host, stored_at)",
            "CREATE INDEX upload_slots ON upload (slot_ends_at) WHERE stored_at IS NULL",
            "CREATE INDEX upload_by_expiry ON upload (expires_at) WHERE expires_at IS NOT NULL",
            "CREATE INDEX upload_removed ON upload (is_removed) WHERE is_removed = 1",
            "CREATE INDEX upload_orphaned ON upload (is_orphaned) WHERE is_orphaned = 1",
        ]
    }
}
