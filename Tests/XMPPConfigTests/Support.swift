import Glibc
import Testing

@testable import XMPPConfig

/// Loads texts as configurations, and gathers what is wrong with them.
enum Play {
    static let quietTime = Option(
        "quiet_time", default: Duration.seconds(60), in: .seconds(10)...(.seconds(3600)),
        "Silence before a probe.")
    static let host = Option<String>("host", default: "vjud.@HOST@", "The service's domain.")
    static let access = Option<RuleReference>("access", default: .all, "Who may.")

    static let schema = ConfigurationSchema(
        modules: [
            .init("mod_ping", options: [quietTime]), .init("mod_roster"),
            .init("mod_vcard", options: [host]), .init("mod_announce", options: [access]),
        ],
        requestHandlers: [
            "ejabberd_http_poll", "mod_bosh", "mod_http_bind", "mod_http_fileserver",
        ],
        commands: CommandNames([
            "status": "server", "stop": "server", "reload_config": "server",
            "connected_users_number": "sessions", "kick_user": "sessions",
            "register": "accounts",
        ]))

    static func load(_ yaml: String) throws -> Configuration {
        try ConfigurationLoader.load(text: yaml, named: "test.yml", schema: schema).configuration
    }

    static func warnings(_ yaml: String) throws -> [String] {
        try ConfigurationLoader.load(text: yaml, named: "test.yml", schema: schema)
            .warnings.map(\.description)
    }

    static func loadTerms(_ text: String) throws -> ConfigurationLoader.Loaded {
        try ConfigurationLoader.load(
            text: text, named: "test.cfg", language: .terms, schema: schema)
    }

    /// The problems of a text, one line each; empty when it is valid.
    static func problems(
        _ text: String, language: ConfigurationLanguage = .yaml,
        environment: ConfigurationEnvironment = ConfigurationEnvironment()
    ) -> [String] {
        do {
            _ = try ConfigurationLoader.load(
                text: text, named: language == .yaml ? "test.yml" : "test.cfg",
                language: language, schema: schema, environment: environment)
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }

    /// The top folder of the repository.
    static var root: String {
        #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
    }

    /// A text file of the repository.
    static func file(_ path: String) throws -> String {
        try SourceFile.text(of: root + "/" + path, askedAt: SourcePosition(file: path))
    }
}

/// A new folder with files, removed with the value that owns it.
final class Folder {
    let path: String

    init(_ files: [String: String]) throws {
        var template = Array("/tmp/martlet-config-XXXXXX".utf8CString)
        path = String(cString: try #require(mkdtemp(&template)))
        for (name, text) in files { try write(Array(text.utf8), to: name) }
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        let file = try #require(fopen(path + "/" + name, "w"))
        defer { fclose(file) }
        #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }

    /// The problems of a file in the folder, without the folder's path.
    func problems(_ name: String) -> [String] {
        do {
            _ = try load(name)
            return []
        } catch {
            return error.errors.map { $0.description.replacing(path + "/", with: "") }
        }
    }

    func load(_ name: String) throws(ConfigurationErrors) -> ConfigurationLoader.Loaded {
        try ConfigurationLoader.load(path: path + "/" + name, schema: Play.schema)
    }

    deinit {
        guard let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { unlink(path + "/" + name) }
        }
        closedir(directory)
        rmdir(path)
    }
}
