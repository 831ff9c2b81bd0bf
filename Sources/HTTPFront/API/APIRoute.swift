import XMPPEngine

/// What an address below the API's prefix means.
enum APIRoute {
    case command(Command)
    case document
    case events
    case nothing

    /// Finds what a path means: `/NAME`, `/NAME/vN`, `/events`, `/openapi.json`.
    ///
    /// `vN` is the newest version that is not above N, so that a client may name the one it was
    /// written for.
    init(_ path: String, in commands: CommandRegistry, defaultVersion: Int?) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard let name = parts.first, parts.count <= 2 else {
            self = .nothing
            return
        }
        guard parts.count == 2, let last = parts.last else {
            switch name {
            case "openapi.json": self = .document
            case "events": self = .events
            default:
                let version = defaultVersion ?? .max
                self =
                    commands.command(String(name), version: version).map(Self.command)
                    ?? .nothing
            }
            return
        }
        guard let version = Self.version(last),
            let command = commands.command(String(name), version: version)
        else {
            self = .nothing
            return
        }
        self = .command(command)
    }

    private static func version(_ text: Substring) -> Int? {
        let digits = text.dropFirst()
        guard text.first == "v", (1...4).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(digits)
    }
}

extension Command {
    /// How the command may be called over HTTP.
    var methods: [HTTPMethod] { isSafe ? [.post, .get, .head] : [.post] }
}
