/// What an answer's identifier says when something is wrong; it ends in `:0` (XEP-0025 §3.1).
enum PollFailure: String, CaseIterable, Sendable {
    /// There is no such session, or no more.
    case unknown = "0:0"
    case server = "-1:0"
    case badRequest = "-2:0"
    /// The key does not follow from the former one; the request was not processed.
    case keySequence = "-3:0"
}
