import Testing

@Suite("docs/conformance names tests that exist")
struct ConformanceTests {
    private static let pages = Repository.files(in: "docs/conformance", suffix: ".md")

    @Test("There are pages, and they name tests")
    func someAreNamed() {
        #expect(!Self.pages.isEmpty)
        for page in Self.pages { #expect(!Self.tests(in: page).isEmpty, "\(page)") }
    }

    @Test("Every test named is there", arguments: ConformanceTests.pages)
    func isThere(page: String) {
        for test in Self.tests(in: page) where !Self.exists(test) {
            Issue.record("\(page): there is no test \(test)")
        }
    }

    /// What stands in backquotes as `File.swift: test name` or `test_file.py::test_name`.
    private static func tests(in page: String) -> [String] {
        Repository.text(of: page)
            .split(separator: "`", omittingEmptySubsequences: false)
            .enumerated()
            .filter { $0.offset % 2 == 1 }
            .map { String($0.element) }
            .filter { $0.contains(".swift: ") || $0.contains(".py::") }
    }

    private static func exists(_ test: String) -> Bool {
        if let name = part(of: test, after: ".py::") {
            let file = test.prefix(test.count - name.count - 2)
            return Repository.text(of: "Tests/InteropTests/\(file)").contains("def \(name)(")
        }
        guard let name = part(of: test, after: ".swift: ") else { return false }
        let file = "/" + test.prefix(test.count - name.count - 2)
        return Repository.tests.contains { source in
            source.path.hasSuffix(file)
                && source.lines.contains { $0.contains("\"\(name)\"") }
        }
    }

    private static func part(of text: String, after mark: String) -> Substring? {
        guard let range = text.firstRange(of: mark) else { return nil }
        return text[range.upperBound...]
    }
}
