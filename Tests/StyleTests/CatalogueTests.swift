import Testing

@Suite("Modules are listed")
struct CatalogueTests {
    private static let folder = "Sources/XMPPEngine/Modules/"
    private static let modules = Repository.sources.filter { file in
        file.path.hasPrefix(folder)
            && file.code.contains { $0.contains("ServerModule {") }
    }

    @Test("The catalogue has every module")
    func catalogue() {
        let catalogue = Repository.text(of: Self.folder + "Catalogue.swift")
        #expect(!Self.modules.isEmpty)
        for file in Self.modules {
            for line in file.code where line.contains("ServerModule {") {
                guard let colon = line.firstIndex(of: ":"),
                    let name = line[..<colon].words.last
                else { continue }
                #expect(
                    catalogue.contains("ModuleType(\(name).self)"),
                    "\(file.path): add ModuleType(\(name).self) to Catalogue.swift")
            }
        }
    }

    @Test("docs/xeps.md has a row for every specification of a manifest, with its extent")
    func specifications() {
        let rows = Repository.text(of: "docs/xeps.md").split(separator: "\n")
        for file in Self.modules {
            for specification in Self.specifications(in: file) {
                #expect(
                    rows.contains { row in
                        row.hasPrefix("| \(specification.name) |")
                            && row.contains("| \(specification.version) |")
                            && row.contains("| \(specification.extent) |")
                    },
                    "\(file.path): docs/xeps.md lacks \(specification)")
            }
        }
    }

    private struct Specification {
        let name: String
        let version: Substring
        let extent: Substring
    }

    /// Reads `.xep(30, version: "2.5rc3", .complete)` and `.rfc(6121, .complete)`.
    private static func specifications(in file: SourceFile) -> [Specification] {
        let text = file.lines.joined(separator: " ")
        return [("xep", "XEP-"), ("rfc", "RFC ")].flatMap { word, prefix in
            text.split(separator: ".\(word)(").dropFirst().compactMap { call in
                let arguments = call.prefix { $0 != ")" }.split(separator: ",")
                guard let number = arguments.first?.trimmed, Int(number) != nil,
                    let extent = arguments.last?.words.last
                else { return nil }
                let zeros = word == "xep" ? String(repeating: "0", count: 4 - number.count) : ""
                let quoted = arguments.dropFirst().first { $0.contains("version:") }
                let version = quoted?.split(separator: "\"").dropFirst().first ?? ""
                return Specification(
                    name: prefix + zeros + number, version: version, extent: extent)
            }
        }
    }
}
