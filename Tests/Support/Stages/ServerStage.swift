import NIOCore
import XMPPEngine

/// A whole server that a test has started, with what the test needs around it.
package protocol ServerStage: Sendable {
    var server: Server { get }
    /// What was started.
    var root: Supervisor { get }
}

extension ServerStage {
    package func stop() async {
        await root.stop()
        try? await server.environment.eventLoops.shutdownGracefully()
    }

    /// Runs a play and stops the server after it, however it ends.
    package func play(_ play: (Self) async throws -> Void) async throws {
        do {
            try await play(self)
        } catch {
            await stop()
            throw error
        }
        await stop()
    }
}
