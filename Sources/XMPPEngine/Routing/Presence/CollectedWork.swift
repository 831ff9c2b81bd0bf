import Synchronization

/// Stands for the stream of a stanza that the server sends while it handles another: what its
/// handling would make wait is collected, and done before the handling goes on.
///
/// A `Mutex` guards the list.
final class CollectedWork: StanzaOrigin {
    typealias Job = @Sendable () async -> Void

    private let works = Mutex<[Job]>([])

    func hold(_ work: @escaping Job) { works.withLock { $0.append(work) } }

    /// Does what was collected, in order.
    func finish() async {
        while let work = works.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
            await work()
        }
    }
}
