import Testing

@Suite("The form of the sources")
struct FormTests {
    private static let all = Repository.sources + Repository.tests

    @Test("The rules find the sources")
    func filesAreThere() {
        #expect(Repository.sources.count > 100)
        #expect(Repository.tests.count > 10)
        #expect(Repository.sources.contains { $0.functionLengths.count > 3 })
    }

    @Test("No source file is longer than 400 lines, no test file than 600")
    func fileLengths() {
        for (files, linesMax) in [(Repository.sources, 400), (Repository.tests, 600)] {
            for file in files where file.lines.count > linesMax {
                Issue.record("\(file.path) has \(file.lines.count) lines: give a part its own file")
            }
        }
    }

    @Test("No function is longer than 60 lines, in tests 100")
    func functionLengths() {
        for (files, linesMax) in [(Repository.sources, 60), (Repository.tests, 100)] {
            for file in files {
                for function in file.functionLengths where function.lines > linesMax {
                    Issue.record(
                        "\(file.place(function.index)): \(function.lines) lines: name its steps")
                }
            }
        }
    }

    @Test("No line is wider than 100 columns, unless it is one string")
    func columns() {
        for file in Self.all {
            for (index, line) in file.lines.enumerated()
            where line.utf8.count > 100 && line.count > 100 && !file.isOneString(index) {
                Issue.record("\(file.place(index)): \(line.count) columns")
            }
        }
    }

    @Test("Package types and functions at the top of a file have a doc comment")
    func documentation() {
        for file in Repository.sources {
            for index in file.undocumented {
                Issue.record("\(file.place(index)): say what it is in one line after ///")
            }
        }
    }

    @Test("Comments and strings are no code")
    func stripping() {
        var stripper = CodeStripper()
        let text = "a // b {\n\"c \\\" {\" + d /* e\n{ */ + f\n\"\"\"\n{ \"g\"\n\"\"\" + h\n"
        #expect(stripper.strip(text) == "a \n + d \n + f\n\n\n + h\n")
    }
}
