import Testing

@Suite("Options do something")
struct OptionTests {
    /// Options whose only values are what is built in: reading them is all there is to do.
    private static let checkedOnly: Set<String> = ["defaultDatabase", "sqlType"]
    private static let folder = "Sources/XMPPEngine/Configuration/Options/"

    @Test(
        "Every declared option is used outside of its declaration",
        arguments: [
            "ServerOption", "ListenerOption",
        ])
    func used(owner: String) {
        let declared = Repository.sources.filter { $0.path.hasPrefix(Self.folder + owner) }
            .flatMap { file in file.code.compactMap(Self.name) }
        #expect(declared.count > 10)
        let words = Set(
            Repository.sources.filter { !$0.path.hasPrefix(Self.folder) }
                .flatMap { file in file.code.flatMap(Self.paths) })
        for name in declared where !Self.checkedOnly.contains(name) {
            #expect(words.contains("\(owner).\(name)"), "\(owner).\(name) is read and not used")
        }
    }

    /// The name that a line declares as an option.
    private static func name(_ line: Substring) -> String? {
        guard let start = line.firstRange(of: "static let "),
            line.contains("= Option<") || line.contains("= Option(")
        else { return nil }
        return String(line[start.upperBound...].prefix { $0.isLetter || $0.isNumber })
    }

    /// The dotted names in a line.
    private static func paths(_ line: Substring) -> [String] {
        line.split { !($0.isLetter || $0.isNumber || $0 == ".") }.map { path in
            path.split(separator: ".").prefix(2).joined(separator: ".")
        }
    }
}
