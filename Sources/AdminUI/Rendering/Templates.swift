import Logging
import Mustache

/// The templates, read from the program itself when the first page is drawn.
enum Templates {
    private static let log = Logger(label: "martlet.console")

    /// The parsed templates by name.
    static let library: MustacheLibrary = {
        MustacheContentTypes.register(EscapedHTML(), named: "CONSOLE")
        var library = MustacheLibrary()
        for (name, bytes) in sources {
            do {
                // Each template states it, since one drawn within another begins anew.
                let text = "{{% CONTENT_TYPE:CONSOLE}}" + String(decoding: bytes, as: UTF8.self)
                try library.register(text, named: name)
            } catch {
                log.critical(
                    "a template is broken", metadata: ["name": "\(name)", "error": "\(error)"])
            }
        }
        return library
    }()

    static let sources: [(name: String, bytes: [UInt8])] = [
        ("layout", PackageResources.layout_mustache), ("head", PackageResources.head_mustache),
        ("theme", PackageResources.theme_mustache), ("signin", PackageResources.signin_mustache),
        ("page", PackageResources.page_mustache), ("table", PackageResources.table_mustache),
        ("cell", PackageResources.cell_mustache), ("action", PackageResources.action_mustache),
        ("form", PackageResources.form_mustache), ("filters", PackageResources.filters_mustache),
        ("chart", PackageResources.chart_mustache), ("lines", PackageResources.lines_mustache),
    ]

    static func draw(_ view: View, with name: String) -> String {
        library.render(view, withTemplate: name) ?? ""
    }
}

/// Text made harmless for HTML, byte by byte.
///
/// The library's own escaping looks at whole characters and so passes a quotation mark with an
/// accent on it, which ends an attribute all the same.
struct EscapedHTML: MustacheContentType {
    func escapeText(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 16)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): bytes += "&amp;".utf8
            case UInt8(ascii: "<"): bytes += "&lt;".utf8
            case UInt8(ascii: ">"): bytes += "&gt;".utf8
            case UInt8(ascii: "\""): bytes += "&quot;".utf8
            case UInt8(ascii: "'"): bytes += "&#39;".utf8
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
