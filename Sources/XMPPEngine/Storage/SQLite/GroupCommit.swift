/// Commits the writes that came in together in one transaction.
///
/// Each write has a savepoint: one that fails undoes nothing of the others. Callers are resumed
/// after the commit; one whose statements failed is told at once.
struct GroupCommit {
    let connection: SQLiteConnection

    /// Runs and finishes every call; returns a failure of the database itself, if there was one.
    func run(_ calls: [any DatabaseCall]) -> StorageError? {
        do throws(StorageError) {
            try connection.checkFile()
            try connection.execute("BEGIN IMMEDIATE")
        } catch {
            return fail(calls[...], with: error)
        }
        var kept: [any DatabaseCall] = []
        var fatal: StorageError?
        for (index, call) in calls.enumerated() {
            do throws(StorageError) {
                if let failure = try failure(of: call) {
                    call.finish(failure)
                    if failure.isFatal { fatal = failure }
                } else {
                    kept.append(call)
                }
            } catch {
                return fail(kept + calls[index...], with: error)
            }
        }
        do throws(StorageError) {
            try connection.execute("COMMIT")
        } catch {
            return fail(kept[...], with: error)
        }
        for call in kept { call.finish(nil) }
        return fatal
    }

    /// Runs one call; returns why it failed, with its statements undone.
    ///
    /// Throws when the failure ended the whole transaction.
    private func failure(of call: any DatabaseCall) throws(StorageError) -> StorageError? {
        try connection.execute("SAVEPOINT call")
        if let failure = call.perform(in: connection) {
            guard connection.isInTransaction else { throw failure }
            try connection.execute("ROLLBACK TO call")
            try connection.execute("RELEASE call")
            return failure
        }
        try connection.execute("RELEASE call")
        return nil
    }

    private func fail(_ calls: some Sequence<any DatabaseCall>, with error: StorageError)
        -> StorageError
    {
        if connection.isInTransaction { _ = try? connection.execute("ROLLBACK") }
        for call in calls { call.finish(error) }
        return error
    }
}
