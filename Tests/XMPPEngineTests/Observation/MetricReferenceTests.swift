import Glibc
import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("The reference of metrics")
struct MetricReferenceTests {
    private static let path =
        #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }
        + "/docs/metrics.md"
    private static let mark = "<!-- The rest is written from the declarations of the metrics. -->"

    @Test("docs/metrics.md lists every metric as it is declared")
    func reference() throws {
        let text = try Self.text()
        let head = text.firstRange(of: Self.mark).map { text[..<$0.lowerBound] } ?? text[...]
        let wanted = head + Self.mark + "\n\n" + Self.table
        if getenv("MARTLET_WRITE_DOCS") != nil {
            let file = try #require(fopen(Self.path, "w"))
            fputs(String(wanted), file)
            fclose(file)
        }
        #expect(try Self.text() == wanted)
    }

    private static func text() throws -> String {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    private static var table: String {
        let rows = MetricFamily.all.sorted { $0.name < $1.name }.map { family in
            let name =
                switch family.kind {
                case .counter: family.name + "_total"
                case .info: family.name + "_info"
                case .gauge, .histogram: family.name
                }
            let labels = family.labels.map { "`\($0)`" }.joined(separator: ", ")
            return "| `\(name)` | \(family.kind.rawValue) | \(family.unit) | \(labels) "
                + "| \(family.help) |\n"
        }
        return "| metric | kind | unit | labels | meaning |\n|---|---|---|---|---|\n"
            + rows.joined()
    }

    @Test("Names are in the form that OpenMetrics wants, and end with their unit")
    func names() {
        #expect(Set(MetricFamily.all.map(\.name)).count == MetricFamily.all.count)
        for family in MetricFamily.all {
            #expect(family.name.hasPrefix("martlet_") || family.name.hasPrefix("process_"))
            #expect(family.name.allSatisfy { $0.isASCII && ($0.isLowercase || $0 == "_") })
            #expect(!family.name.hasSuffix("_total") && !family.name.hasSuffix("_info"))
            #expect(family.unit.isEmpty || family.name.hasSuffix("_" + family.unit))
            #expect(family.help.hasSuffix("."), "\(family.name)")
        }
    }

    @Test("Every metric is read, with as many labels as it declares")
    func readings() {
        let observatory = Observatory()
        observatory.registerMetrics(version: "1")
        let byServer: Set<String> = [
            MetricFamily.supervisorRestarts.name, MetricFamily.certificateDays.name,
            MetricFamily.certificateExpiry.name, MetricFamily.bannedNetworks.name,
            MetricFamily.sessionsHeld.name, MetricFamily.sessionsHeldBytes.name,
        ]
        let readings = observatory.metrics.readings()
        #expect(
            Set(readings.map(\.family.name)).union(byServer) == Set(MetricFamily.all.map(\.name)))
        for (family, points) in readings {
            for point in points { #expect(point.labels.count == family.labels.count) }
        }
    }
}
