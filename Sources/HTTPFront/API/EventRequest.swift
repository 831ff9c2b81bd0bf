import XMPPEngine

/// What a watcher asks for: which feeds, and what it saw last.
struct EventRequest: Equatable, Sendable {
    let kinds: Set<ServerEvent.Kind>
    /// `nil` begins with what happens next.
    let lastID: Int?

    /// Reads the query and the field that browsers send when they come back.
    ///
    /// - Parameters:
    ///   - query: `feeds` has names, separated by commas; all feeds without it. `last_event_id`
    ///     stands for the field where a client cannot set it.
    ///   - field: `Last-Event-ID` (HTML, server-sent events).
    /// - Throws: 400 for unknown feeds and arguments, and for an id that is no number.
    init(query: String?, lastEventID field: String?) throws(APIError) {
        var kinds: Set<ServerEvent.Kind> = []
        var last = field
        var hasFeeds = false
        for (name, value) in try APIQuery.pairs(query) {
            switch name {
            case "feeds":
                hasFeeds = true
                for word in value.split(separator: ",", omittingEmptySubsequences: false) {
                    guard let kind = ServerEvent.Kind(rawValue: String(word)) else {
                        throw APIError(
                            .badRequest, "feeds are \(Self.names), not \(word.prefix(50))")
                    }
                    kinds.insert(kind)
                }
            case "last_event_id": last = last ?? value
            default: throw APIError(.badRequest, "unknown argument \(name.prefix(50))")
            }
        }
        self.kinds = hasFeeds ? kinds : Set(ServerEvent.Kind.allCases)
        lastID = try last.map { (text) throws(APIError) -> Int in
            guard let id = Int(text), id >= 0 else {
                throw APIError(.badRequest, "the last event's id is a number")
            }
            return id
        }
    }

    static let names = ServerEvent.Kind.allCases.map(\.rawValue).joined(separator: ", ")
}
