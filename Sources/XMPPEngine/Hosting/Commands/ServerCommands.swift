extension Command {
    /// The command that ends the server.
    ///
    /// `drain` asks for an orderly end and returns at once, so that the answer still gets out.
    package static func stop(drain: @escaping @Sendable () -> Void) -> Command {
        Command("stop", "Ends the server: streams are closed, writes are flushed.", tag: .server) {
            _ throws(CommandError) in
            drain()
            return .code(0, "The server is stopping.")
        }
    }

    /// The command that reads the configuration again.
    ///
    /// `reload` returns what changed, or throws what is wrong and then has changed nothing.
    package static func reloadConfiguration(
        reload: @escaping @Sendable () async throws -> String
    ) -> Command {
        Command(
            "reload_config", "Reads the configuration again and applies what changed.",
            tag: .server
        ) { _ throws(CommandError) in
            do {
                return .code(0, try await reload())
            } catch {
                throw CommandError(.failed, String(describing: error))
            }
        }
    }

    /// The command that reads the configuration's files and only says what it finds.
    ///
    /// `check` returns the warnings, or throws what is wrong.
    package static func checkConfiguration(
        check: @escaping @Sendable () async throws -> String
    ) -> Command {
        Command(
            "check_config", "Reads the configuration's files without applying them.",
            tag: .server, effect: .reads, result: .text
        ) { _ throws(CommandError) in
            do {
                return .text(try await check())
            } catch {
                throw CommandError(.failed, String(describing: error))
            }
        }
    }
}
