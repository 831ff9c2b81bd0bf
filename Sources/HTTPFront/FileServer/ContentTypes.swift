/// Media types by file name extension.
package struct ContentTypes: Sendable {
    private var types: [String: String]
    /// For names without a known extension.
    package let fallback: String

    /// The usual types with `content_types` on top: by extension, with its dot or without; an empty
    /// type, or `undefined`, removes one.
    package init(
        additions: [String: String] = [:], fallback: String = "application/octet-stream"
    ) {
        types = Self.known
        self.fallback = fallback
        for (name, type) in additions {
            let ending = name.hasPrefix(".") ? name.dropFirst() : name[...]
            types[ending.lowercased()] = type.isEmpty || type == "undefined" ? nil : type
        }
    }

    /// The type by what follows the last dot of a name, which may stand behind its folders.
    func type(of name: Substring) -> String {
        guard let dot = name.utf8.lastIndex(where: { $0 == UInt8(ascii: ".") || $0 == Self.slash }),
            name.utf8[dot] != Self.slash, dot != name.startIndex,
            name.utf8[name.utf8.index(before: dot)] != Self.slash
        else { return fallback }
        let ending = name[name.utf8.index(after: dot)...]
        let isUpperCased = ending.utf8.contains { $0 >= 0x80 || (0x41...0x5a).contains($0) }
        return types[isUpperCased ? ending.lowercased() : String(ending)] ?? fallback
    }

    private static let slash = UInt8(ascii: "/")

    private static let known = [
        "html": "text/html; charset=utf-8", "htm": "text/html; charset=utf-8",
        "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "mjs": "text/javascript; charset=utf-8", "json": "application/json",
        "map": "application/json", "webmanifest": "application/manifest+json",
        "xml": "application/xml", "txt": "text/plain; charset=utf-8",
        "md": "text/markdown; charset=utf-8", "csv": "text/csv; charset=utf-8",
        "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg",
        "gif": "image/gif", "webp": "image/webp", "avif": "image/avif",
        "ico": "image/vnd.microsoft.icon", "woff": "font/woff", "woff2": "font/woff2",
        "ttf": "font/ttf", "otf": "font/otf", "wasm": "application/wasm",
        "pdf": "application/pdf", "zip": "application/zip", "gz": "application/gzip",
        "mp3": "audio/mpeg", "ogg": "audio/ogg", "opus": "audio/ogg", "wav": "audio/wav",
        "mp4": "video/mp4", "webm": "video/webm",
    ]
}
