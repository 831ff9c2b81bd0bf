import ArgumentParser
import ControlProtocol
import Logging
import XMPPConfig
import XMPPEngine

/// The server's command line.
@main
struct MartletCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martletd", abstract: "Martlet, an HTTP-first XMPP server.",
        version: Martlet.version)

    @ArgumentParser.Option(help: "The configuration: YAML, or Erlang terms when it ends in .cfg.")
    var config: String?

    @ArgumentParser.Option(help: "Where the database, keys and sockets are kept.")
    var data = "data"

    @ArgumentParser.Option(help: "What the file server serves, for a first configuration.")
    var `public` = "public"

    @ArgumentParser.Option(help: "The domain to serve, for a first configuration.")
    var host = "localhost"

    @Flag(help: "Check the configuration and leave.")
    var check = false

    func run() async throws {
        let path: String
        var firstStart: FirstStart?
        if let config {
            path = config
        } else {
            let start = FirstStart(dataDirectory: data, publicDirectory: self.public, host: host)
            if !check { try DataDirectory.claim(data) }
            path = check ? start.path : try start.prepare()
            firstStart = start
        }
        let loaded: ConfigurationLoader.Loaded
        do throws(ConfigurationErrors) {
            loaded = try ServerParts.load(
                path: path, text: check ? firstStart?.plannedText : nil, dataDirectory: data)
        } catch {
            Terminal.complain(String(describing: error))
            throw ExitCode(1)
        }
        for warning in loaded.warnings { Terminal.complain("warning: \(warning)") }
        if check {
            Terminal.say("\(path): the configuration is good.")
            return
        }
        if firstStart == nil { try DataDirectory.claim(data) }
        StartMemory.release()
        let logs = Logs.start(level: loaded.configuration.options[ServerOption.logLevel])
        try await Running(path: path, dataDirectory: data, logs: logs, loaded.configuration)
            .untilEnd(firstStart: firstStart)
    }
}
