/// Which codings of an answer a client takes (RFC 9110 §12.5.3).
struct AcceptEncoding {
    private var weights: [String: Double] = [:]

    init(_ text: String) {
        for item in text.split(separator: ",") {
            let parts = item.split(separator: ";").map(\.trimmed)
            guard let name = parts.first, !name.isEmpty else { continue }
            let weight = parts.dropFirst().first { $0.lowercased().hasPrefix("q=") }
            weights[name.lowercased()] = weight.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
        }
    }

    /// The codings it takes, the preferred first.
    var codings: [ContentCoding] {
        ContentCoding.allCases
            .map { ($0, weights[$0.rawValue] ?? weights["*"] ?? 0) }
            .filter { $0.1 > 0 }
            .sorted { $0.1 > $1.1 }
            .map(\.0)
    }
}

/// A coding that answers come in (RFC 9110 §8.4.1).
enum ContentCoding: String, CaseIterable {
    case brotli = "br"
    case gzip
}
