/// Names as data: a text of words, easy to read and to compare with its source.
struct NameList: Sendable {
    let names: Set<String>

    init(_ text: String) {
        names = Set(text.split(whereSeparator: \.isWhitespace).map(String.init))
    }

    func contains(_ name: String) -> Bool { names.contains(name) }
}
