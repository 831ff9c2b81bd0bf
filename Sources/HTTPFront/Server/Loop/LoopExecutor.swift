/// Runs tasks on the thread of a loop, between its other work.
///
/// A handler that awaits something goes on where its exchange lives, without a hop to another loop
/// and back. Such a task must not block. What waits when the loop ends never runs.
final class LoopExecutor: TaskExecutor {
    private let mailbox: LoopMailbox

    init(_ mailbox: LoopMailbox) { self.mailbox = mailbox }

    func enqueue(_ job: consuming ExecutorJob) {
        let work = UnownedJob(job)
        mailbox.append { work.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
