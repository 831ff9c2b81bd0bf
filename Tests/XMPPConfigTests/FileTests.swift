import Testing

@testable import XMPPConfig

@Suite("Configuration files")
struct FileTests {
    @Test("Included files add to lists and maps and give other options")
    func include() throws {
        let folder = try Folder([
            "main.yml": """
            hosts: [a.example]
            include_config_file: [more.yml, {rules.yml: {disallow: loglevel}}]
            modules: {mod_ping: {}}
            """,
            "more.yml": "hosts: [b.example]\nlanguage: de\nmodules: {mod_roster: {}}",
            "rules.yml": "loglevel: debug\nacl: {admin: {user: romeo}}",
        ])
        let (configuration, warnings) = try folder.load("main.yml")
        #expect(configuration.hosts == ["a.example", "b.example"])
        #expect(configuration.options[ServerOption.language] == "de")
        #expect(configuration.options[ServerOption.logLevel] == .info)
        #expect(
            configuration.host("a.example")?.modules.keys.sorted() == ["mod_ping", "mod_roster"])
        #expect(configuration.files.count == 3)
        #expect(warnings.count == 1)
    }

    @Test("allow_only lets through what it names")
    func allowOnly() throws {
        let folder = try Folder([
            "main.yml":
                "hosts: [a.example]\ninclude_config_file: {x.yml: {allow_only: [language]}}",
            "x.yml": "loglevel: debug\nlanguage: de",
        ])
        let configuration = try folder.load("main.yml").configuration
        #expect(configuration.options[ServerOption.language] == "de")
        #expect(configuration.options[ServerOption.logLevel] == .info)
    }

    @Test("A file that is not there, a circle, and a value in two files are problems")
    func badIncludes() throws {
        let folder = try Folder([
            "a.yml": "hosts: [a.example]\nlanguage: en\ninclude_config_file: [b.yml, gone.yml]",
            "b.yml": "language: de\nmodules: {mod_pong: {}}\ninclude_config_file: a.yml",
        ])
        let expected = """
            b.yml:3: include_config_file: files include each other in a circle: \
            a.yml → b.yml → a.yml
            b.yml:1: language: is given in a.yml:2 too
            b.yml:2: modules.mod_pong: there is no such module; did you mean `mod_ping`?
            a.yml:3: include_config_file: cannot read `gone.yml`: No such file or directory
            """
        let lines = expected.split(separator: "\n").map(String.init)
        #expect(Set(folder.problems("a.yml")) == Set(lines))
    }

    @Test("Files include each other only so deep")
    func includeDepth() throws {
        var files = ["0.yml": "hosts: [a.example]\ninclude_config_file: 1.yml"]
        for number in 1...30 {
            files["\(number).yml"] = "include_config_file: \(number + 1).yml"
        }
        let problems = try Folder(files).problems("0.yml")
        let end = "15.yml:1: include_config_file: more files are included than are read"
        #expect(problems == [end])
    }

    @Test("What cannot be read is told in one line")
    func unreadable() throws {
        let folder = try Folder(["empty.yml": ""])
        try folder.write(
            [0x68, 0x6F, 0x73, 0x74, 0x73, 0x3A, 0x0A, 0x2D, 0x20, 0xFF], to: "bad.yml")
        try folder.write([UInt8](repeating: 0x23, count: (4 << 20) + 1), to: "huge.yml")
        try folder.write([0xEF, 0xBB, 0xBF] + Array("hosts: [a]".utf8), to: "mark.yml")
        #expect(folder.problems("bad.yml") == ["bad.yml:2: this line is not valid UTF-8"])
        #expect(
            folder.problems("huge.yml")
                == ["huge.yml: cannot read `huge.yml`: it is larger than 4 MiB"])
        #expect(
            folder.problems("none.yml")
                == ["none.yml: cannot read `none.yml`: No such file or directory"])
        #expect(folder.problems(".").first?.contains("it is not a regular file") == true)
        #expect(folder.problems("mark.yml") == [])
        #expect(
            folder.problems("empty.yml")
                == ["empty.yml: hosts: must be written: the domains to serve"])
    }

    @Test(
        "YAML that is not YAML is told with its line",
        arguments: [
            ("hosts: [a", 1), ("hosts:\n- a\n b: c", 3), ("hosts: 'a", 1), ("a: b: c", 1),
            ("hosts: [a]\n\tlanguage: en", 2), ("hosts: *gone", 1), ("%bad\n---\na: b", 1),
            ("hosts: [a]\n---\nhosts: [b]", 2), ("- a", 1), ("just text", 1),
            ("? [a, b]\n: c", 1), ("hosts: [a]\u{1}", 1),
        ])
    func yamlSyntax(text: String, line: Int) {
        let problems = Play.problems(text)
        #expect(problems.count == 1, "\(problems)")
        let lines = (line...line + 1).map { "test.yml:\($0): " }
        #expect(lines.contains { problems.first?.hasPrefix($0) == true }, "\(problems)")
    }

    @Test("Keys given twice are told, with everything else that is wrong")
    func duplicates() {
        let problems = Play.problems(
            """
            hosts: [a.example]
            modules: {mod_ping: {}, mod_ping: {}}
            "language": en
            acl: {x: {user: a}}
            language: de
            acl: {}
            acl: {}
            loglevel: loud
            """)
        let expected = """
            test.yml:2: modules.mod_ping: is given twice, first on line 2
            test.yml:5: language: is given twice, first on line 3
            test.yml:6: acl: is given twice, first on line 4
            test.yml:7: acl: is given twice, first on line 4
            """
        #expect(problems.prefix(4).joined(separator: "\n") == expected)
        #expect(problems.count == 5)
        #expect(problems.last?.hasPrefix("test.yml:8: loglevel: ") == true)
    }

    @Test("Nesting, values and aliases have limits")
    func limits() {
        let deep = "a: " + String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        #expect(Play.problems(deep).first?.contains("nested deeper than 64 levels") == true)
        let deeper = String(repeating: "[", count: 50_000)
        #expect(Play.problems(deeper).count == 1)
        var bomb = "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
        for (name, last) in zip("bcdefghi", "abcdefgh") {
            bomb += "\(name): &\(name) [" + String(repeating: "*\(last),", count: 10) + "]\n"
        }
        #expect(Play.problems(bomb).contains { $0.contains("has more values than are read") })
    }

    @Test("At most 200 problems are told")
    func manyProblems() {
        let lines = (0..<250).map { "unknown_option_\($0): 1" }
        #expect(Play.problems("hosts: [a]\n" + lines.joined(separator: "\n")).count == 200)
    }

    @Test("A file that is cut or damaged anywhere is read or refused, and traps nothing")
    func damaged() throws {
        for (file, language) in [
            ("config/classic.cfg", ConfigurationLanguage.terms),
            ("config/from-ejabberd.yml", .yaml),
        ] {
            let bytes = Array(try Play.file(file).utf8)
            for index in stride(from: 0, to: bytes.count, by: 3) {
                let cut = String(decoding: bytes[..<index], as: UTF8.self)
                _ = Play.problems(cut, language: language)
                var damaged = bytes
                damaged[index] = [0, 0x22, 0x5B, 0x7D, 0x2E, 0x26, 0x0A, 0xFF][index % 8]
                _ = Play.problems(String(decoding: damaged, as: UTF8.self), language: language)
            }
            #expect(Play.problems(String(decoding: bytes, as: UTF8.self), language: language) == [])
        }
    }
}
