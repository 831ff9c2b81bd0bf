import Testing

@Suite("The layers of the engine")
struct LayerTests {
    /// From the bottom up: a folder uses those before it.
    private static let order: [Substring] = [
        "Core", "Wire", "Storage", "Configuration", "Supervision", "Observation", "Streams",
        "Listening", "Routing", "Hosting", "Modules",
    ]

    @Test("No folder of the engine uses one above it")
    func noUpwardUse() {
        let engine = Repository.sources.filter { $0.path.hasPrefix("Sources/XMPPEngine/") }
        #expect(Set(engine.map(\.folder)) == Set(Self.order))
        let homes = Self.homes(of: engine)
        for file in engine {
            guard let rank = Self.order.firstIndex(of: file.folder) else { continue }
            for (index, line) in file.code.enumerated() {
                for word in line.words where word.first?.isUppercase == true {
                    guard let home = homes[word], home > rank else { continue }
                    Issue.record(
                        """
                        \(file.place(index)): \(word) is of \(Self.order[home]), above: take a \
                        protocol or a closure that it gives
                        """)
                }
            }
        }
    }

    /// The rank of the one folder that declares a type; a name that stands for several, also as a
    /// nested type, is left out.
    private static func homes(of files: [SourceFile]) -> [Substring: Int] {
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
