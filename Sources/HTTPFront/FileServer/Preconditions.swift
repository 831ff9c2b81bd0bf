/// What a conditional request asks for, decided in the order of RFC 9110 §13.2.2.
struct Preconditions {
    enum Outcome: Equatable {
        case proceed
        case notModified
        case failed
    }

    var ifMatch: String?
    var ifUnmodifiedSince: String?
    var ifNoneMatch: String?
    var ifModifiedSince: String?
    var ifRange: String?

    /// Decides for a file with that strong entity tag, quotes and all, and that moment of change in
    /// seconds since 1970.
    func outcome(tag: String, modified: Int64) -> Outcome {
        if let ifMatch {
            guard Self.lists(ifMatch, tag, isWeak: false) else { return .failed }
        } else if let date = ifUnmodifiedSince.flatMap(HTTPDate.parse), modified > date {
            return .failed
        }
        if let ifNoneMatch {
            return Self.lists(ifNoneMatch, tag, isWeak: true) ? .notModified : .proceed
        }
        if let date = ifModifiedSince.flatMap(HTTPDate.parse), modified <= date {
            return .notModified
        }
        return .proceed
    }

    /// Whether a `Range` counts: the client's part is of this very file (§13.1.5).
    func allowsRange(tag: String, modified: Int64) -> Bool {
        guard let ifRange else { return true }
        if ifRange.hasPrefix("\"") { return ifRange == tag }
        return HTTPDate.parse(ifRange) == modified
    }

    private static func lists(_ list: String, _ tag: String, isWeak: Bool) -> Bool {
        if list.trimmed == "*" { return true }
        return list.split(separator: ",").contains { item in
            let item = item.trimmed
            return item == tag || (isWeak && item.hasPrefix("W/") && item.dropFirst(2) == tag)
        }
    }
}
