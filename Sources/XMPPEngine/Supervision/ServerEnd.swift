/// Why a server ends.
package enum ServerEnd: Sendable, Equatable {
    /// A signal or a command asked for it.
    case wanted
    /// The root supervisor gave up; the text says over what.
    case failed(String)
}

extension Supervisor {
    /// Waits until the end is wanted or this supervisor has ended by itself.
    ///
    /// - Parameter wishes: An element, or the end of the stream, is the wish to end.
    /// - Returns: Which of the two it was.
    package nonisolated func untilEnded(orWanted wishes: AsyncStream<Void>) async -> ServerEnd {
        await withTaskGroup(of: ServerEnd?.self) { group in
            group.addTask {
                for await _ in wishes { break }
                return Task.isCancelled ? nil : .wanted
            }
            group.addTask {
                do {
                    try await self.untilEnded()
                    return nil
                } catch {
                    return .failed(String(describing: error))
                }
            }
            defer { group.cancelAll() }
            for await end in group {
                if let end { return end }
            }
            return .wanted
        }
    }
}
