import XMPPEngine

/// The console's own style sheet, script and pictures, kept in the program.
enum Assets {
    private struct Asset: Sendable {
        let name: String
        let type: String
        let bytes: [UInt8]
    }

    private static let all = [
        Asset(
            name: "console.css", type: "text/css; charset=utf-8",
            bytes: PackageResources.console_css),
        Asset(
            name: "dark.css", type: "text/css; charset=utf-8", bytes: PackageResources.dark_css),
        Asset(
            name: "console.js", type: "text/javascript; charset=utf-8",
            bytes: PackageResources.console_js),
        Asset(
            name: "chart.js", type: "text/javascript; charset=utf-8",
            bytes: PackageResources.chart_js),
        Asset(name: "icons.svg", type: "image/svg+xml", bytes: PackageResources.icons_svg),
        Asset(name: "mark.svg", type: "image/svg+xml", bytes: PackageResources.mark_svg),
    ]

    /// A part of their address that changes when they do.
    private static let version: String = {
        let digest = HashFunction.sha256.digest(of: all.flatMap(\.bytes)).prefix(6)
        return digest.map { FormText.hexadecimal($0) }.joined()
    }()

    /// Where the files are.
    static func view(_ base: String) -> View {
        ["path": "\(base)/assets/\(version)"]
    }

    /// A file by its name with the version in front.
    static func answer(_ path: String) -> WebAnswer {
        let name = path.split(separator: "/").last ?? ""
        guard let asset = all.first(where: { $0.name == name }) else { return .notFound() }
        return .asset(asset.bytes, type: asset.type)
    }
}
