/// A term of a configuration file in classic Erlang syntax, with its place.
struct ErlangTerm {
    indirect enum Content {
        case atom(String)
        /// A string or a binary: text either way.
        case text(String)
        /// An integer or a float, as written.
        case number(String)
        case list([ErlangTerm])
        case tuple([ErlangTerm])
    }

    let content: Content
    let position: SourcePosition

    var atom: String? {
        guard case .atom(let name) = content else { return nil }
        return name
    }

    /// What can be a name: an atom or text.
    var name: String? {
        switch content {
        case .atom(let name), .text(let name): name
        case .number, .list, .tuple: nil
        }
    }

    /// The items of a list; an empty string is an empty list in Erlang.
    var list: [ErlangTerm]? {
        switch content {
        case .list(let items): items
        case .text(""): []
        case .atom, .text, .number, .tuple: nil
        }
    }

    var tuple: [ErlangTerm]? {
        guard case .tuple(let items) = content else { return nil }
        return items
    }
}
