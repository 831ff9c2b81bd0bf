/// Is told what a database does; called on its threads, so it must be quick.
package protocol StorageObserver: Sendable {
    /// A group of writes was committed, in so much time.
    func committed(writes: Int, nanoseconds: Int)
    /// A reading transaction was answered.
    func wasRead(nanoseconds: Int)
    /// A transaction failed.
    func failed(_ error: StorageError)
}
