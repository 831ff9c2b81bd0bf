import Testing

@Suite("The layers of the sources")
struct LayerTests {
    /// The folders of a part, from the bottom up: each uses those before it.
    struct Part: Sendable, CustomTestStringConvertible {
        let name: String
        /// The part itself stands for the files that are in none of its folders.
        let order: [Substring]

        var testDescription: String { name }
    }

    private static let parts = [
        Part(
            name: "XMPPEngine",
            order: [
                "Core", "Wire", "Storage", "Configuration", "Supervision", "Observation",
                "Streams", "Listening", "Routing", "Hosting", "Modules",
            ]),
        Part(
            name: "HTTPFront",
            order: [
                "Server", "Streams", "Listener", "FileServer", "HostMeta", "API", "Metrics",
                "Upload", "HTTPPoll", "BOSH", "WebSocket",
            ]),
        Part(name: "AdminUI", order: ["Web", "Rendering", "SignIn", "Pages", "AdminUI"]),
    ]

    @Test("No folder uses one above it", arguments: parts)
    func noUpwardUse(part: Part) {
        let sources = Repository.sources.filter { $0.path.hasPrefix("Sources/\(part.name)/") }
        #expect(Set(sources.map(\.folder)) == Set(part.order))
        let homes = Self.homes(of: sources, in: part.order)
        for file in sources {
            guard let rank = part.order.firstIndex(of: file.folder) else { continue }
            for (index, line) in file.code.enumerated() {
                for word in line.words where word.first?.isUppercase == true {
                    guard let home = homes[word], home > rank else { continue }
                    Issue.record(
                        """
                        \(file.place(index)): \(word) is of \(part.order[home]), above: take a \
                        protocol or a closure that it gives
                        """)
                }
            }
        }
    }

    /// The rank of the one folder that declares a type; a name that stands for several, also as a
    /// nested type, is left out.
    private static func homes(
        of files: [SourceFile], in order: [Substring]
    ) -> [Substring: Int] {
        var ranks: [Substring: Set<Int>] = [:]
        var topLevel: Set<Substring> = []
        for file in files {
            guard let rank = order.firstIndex(of: file.folder) else { continue }
            for type in file.types {
                ranks[type.name, default: []].insert(rank)
                if type.isTopLevel { topLevel.insert(type.name) }
            }
        }
        return ranks.filter { topLevel.contains($0.key) }
            .compactMapValues { $0.count == 1 ? $0.first : nil }
    }
}
