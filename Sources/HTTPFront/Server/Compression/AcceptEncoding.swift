/// Which codings of an answer a client takes (RFC 9110 §12.5.3).
struct AcceptEncoding {
    private var brotli: Double?
    private var gzip: Double?
    private var others = 0.0

    init(_ text: String) {
        for item in text.split(separator: ",") {
            let parts = item.split(separator: ";").map(\.trimmed)
            guard let name = parts.first, !name.isEmpty else { continue }
            let written = parts.dropFirst().first { $0.lowercased().hasPrefix("q=") }
            let weight = written.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            switch name.lowercased() {
            case ContentCoding.brotli.rawValue: brotli = weight
            case ContentCoding.gzip.rawValue: gzip = weight
            case "*": others = weight
            default: break
            }
        }
    }

    /// The codings it takes, the preferred first.
    var codings: [ContentCoding] {
        let (brotli, gzip) = (brotli ?? others, gzip ?? others)
        switch (brotli > 0, gzip > 0) {
        case (true, true): return brotli >= gzip ? [.brotli, .gzip] : [.gzip, .brotli]
        case (true, false): return [.brotli]
        case (false, true): return [.gzip]
        case (false, false): return []
        }
    }
}

/// A coding that answers come in (RFC 9110 §8.4.1).
enum ContentCoding: String, CaseIterable {
    case brotli = "br"
    case gzip
}
