/// Collects every problem and warning of one load.
///
/// Used by one task, never shared.
final class ConfigurationReport {
    /// Problems kept; what comes after adds nothing a reader would get to.
    static let errorsMax = 200

    private(set) var errors: [ConfigurationError] = []
    private(set) var warnings: [ConfigurationWarning] = []
    private var seen: Set<ConfigurationError> = []
    private var warned: Set<ConfigurationWarning> = []

    func add(_ error: ConfigurationError) {
        guard errors.count < Self.errorsMax, seen.insert(error).inserted else { return }
        errors.append(error)
    }

    func warn(at position: SourcePosition, path: String, _ message: String) {
        let warning = ConfigurationWarning(position: position, path: path, message: message)
        guard warnings.count < Self.errorsMax, warned.insert(warning).inserted else { return }
        warnings.append(warning)
    }

    /// Throws what was collected, if anything.
    func throwIfAny() throws(ConfigurationErrors) {
        guard !errors.isEmpty else { return }
        var order: [String: Int] = [:]
        for error in errors where order[error.position.file] == nil {
            order[error.position.file] = order.count
        }
        let sorted = errors.enumerated().sorted { left, right in
            let (first, second) = (left.element.position, right.element.position)
            let files = (order[first.file] ?? 0, order[second.file] ?? 0)
            return (files.0, first.line, left.offset) < (files.1, second.line, right.offset)
        }
        throw ConfigurationErrors(errors: sorted.map(\.element))
    }
}
