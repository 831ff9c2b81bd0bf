/// Ties an answer from a store or a pool to the login attempt that asked for it.
///
/// A client may abort and start again before the answer comes: it must not count for the new one.
package struct SASLAttempt: Hashable, Sendable {
    private var number: UInt64 = 0

    init() {}

    /// The attempt after this one.
    var next: SASLAttempt {
        var next = self
        next.number &+= 1
        return next
    }
}
