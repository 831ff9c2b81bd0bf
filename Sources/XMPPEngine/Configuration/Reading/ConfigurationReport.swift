/// Collects every problem and warning of one load.
///
/// Used by one task, never shared.
final class ConfigurationReport {
    /// Problems kept; what comes after adds nothing a reader would get to.
    static let errorsMax = 200

    /// The files in the order they were read; problems of others come last.
    var files: [String] = []
    private(set) var errors: [ConfigurationError] = []
    private var warningsAsTheyCame: [ConfigurationWarning] = []
    private var seen: Set<ConfigurationError> = []
    private var warned: Set<ConfigurationWarning> = []

    func add(_ error: ConfigurationError) {
        guard errors.count < Self.errorsMax, seen.insert(error).inserted else { return }
        errors.append(error)
    }

    func warn(at position: SourcePosition, path: String, _ message: String) {
        let warning = ConfigurationWarning(position: position, path: path, message: message)
        guard warningsAsTheyCame.count < Self.errorsMax, warned.insert(warning).inserted else {
            return
        }
        warningsAsTheyCame.append(warning)
    }

    /// The warnings in the order of files and lines.
    var warnings: [ConfigurationWarning] { inOrder(warningsAsTheyCame) { $0.position } }

    /// Throws what was collected, if anything.
    func throwIfAny() throws(ConfigurationErrors) {
        guard !errors.isEmpty else { return }
        throw ConfigurationErrors(errors: inOrder(errors) { $0.position })
    }

    /// By file and line; what stands on one line stays as it came.
    private func inOrder<Problem>(
        _ problems: [Problem], _ position: (Problem) -> SourcePosition
    ) -> [Problem] {
        var order: [String: Int] = [:]
        for file in files + problems.map({ position($0).file }) where order[file] == nil {
            order[file] = order.count
        }
        return problems.enumerated().sorted { left, right in
            let (first, second) = (position(left.element), position(right.element))
            let files = (order[first.file] ?? 0, order[second.file] ?? 0)
            return (files.0, first.line, left.offset) < (files.1, second.line, right.offset)
        }.map(\.element)
    }
}
