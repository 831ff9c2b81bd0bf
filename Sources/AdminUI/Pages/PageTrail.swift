import XMPPEngine

/// The way through a list of many pages: where the present page begins, and the pages before it.
///
/// Pages are found by what they follow, so that a page costs the same wherever it is; the way back
/// is kept in the address. Of a long way the beginning is forgotten: the first page is always near.
struct PageTrail {
    private static let cursorsMax = 100
    private static let bytesMax = 4000

    /// The key before the page's first row; empty on the first page.
    let after: String
    /// The same of the pages before it, the nearest last; keys hold no line ends.
    private let back: [String]
    /// What else is asked of the page: its filters.
    private let kept: [ConsoleParameter]

    /// Reads where a request is.
    init(_ request: ConsoleRequest, keeping names: [String]) {
        self.init(
            after: request["after"], back: request["back"],
            keeping: request.hostParameter
                + names.map { ConsoleParameter($0, request[$0]) }.filter { !$0.value.isEmpty })
    }

    /// `back` has a line end after each key.
    init(after: String, back: String, keeping kept: [ConsoleParameter]) {
        self.after = after
        self.back = back.split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast().map(String.init)
        self.kept = kept
    }

    /// Leads to the first page; `nil` on it.
    var first: [ConsoleParameter]? { after.isEmpty ? nil : kept }

    /// Leads to the page before; `nil` on the first, and where the way is not known.
    var previous: [ConsoleParameter]? {
        guard !after.isEmpty, let last = back.last else { return nil }
        return parameters(after: last, back: Array(back.dropLast()))
    }

    /// Leads to the page that begins after a key.
    func next(after key: String) -> [ConsoleParameter] {
        parameters(after: key, back: back + [after])
    }

    private func parameters(after key: String, back: [String]) -> [ConsoleParameter] {
        var trail = back.suffix(Self.cursorsMax)
        while trail.reduce(0, { $0 + $1.utf8.count + 1 }) > Self.bytesMax { trail.removeFirst() }
        var parameters = kept
        if !key.isEmpty { parameters.append(ConsoleParameter("after", key)) }
        if !trail.isEmpty {
            parameters.append(ConsoleParameter("back", trail.map { $0 + "\n" }.joined()))
        }
        return parameters
    }
}
