/// What reading an option's value needs: where it stands, and whom to tell of problems.
///
/// Not shared: one load owns it.
package final class OptionReader {
    let report: ConfigurationReport
    /// The virtual host whose options are read; `nil` for the whole server.
    package let host: String?
    /// Rules named by options, to be checked once all rules are known.
    private(set) var references: [RuleMention] = []
    private var steps: [String]

    init(report: ConfigurationReport, host: String? = nil, path: [String] = []) {
        self.report = report
        self.host = host
        steps = path
    }

    /// The path of the option being read: `listen[2].max_stanza_size`.
    package var path: String {
        steps.reduce(into: "") { path, step in
            path += path.isEmpty || step.hasPrefix("[") ? step : "." + step
        }
    }

    /// Reads one level deeper: a key of a map.
    package func within<R>(_ key: String, _ body: () -> R) -> R {
        steps.append(key)
        defer { steps.removeLast() }
        return body()
    }

    /// Reads several levels deeper.
    func within<R>(path keys: [String], _ body: () -> R) -> R {
        steps += keys
        defer { steps.removeLast(keys.count) }
        return body()
    }

    /// Reads one level deeper: an item of a list, counted from 0 in the file, shown from 1.
    package func within<R>(item index: Int, _ body: () -> R) -> R {
        within("[\(index + 1)]", body)
    }

    /// Reports a problem at a node.
    package func fail(_ node: ConfigurationNode, _ message: String, suggestion: String? = nil) {
        fail(at: node.position, message, suggestion: suggestion)
    }

    /// Reports a problem at a place, such as a key.
    package func fail(
        at position: SourcePosition, _ message: String, suggestion: String? = nil
    ) {
        report.add(
            ConfigurationError(at: position, path: path, message, suggestion: suggestion))
    }

    /// Reports that a node is not what the option takes.
    package func fail(_ node: ConfigurationNode, expected: String) {
        fail(node, "expected \(expected), found \(node.kind)")
    }

    /// Reports what is accepted but may surprise.
    package func warn(_ node: ConfigurationNode, _ message: String) {
        report.warn(at: node.position, path: path, message)
    }

    /// Reads a value from text alone; `nil` after telling what was expected.
    func value<Value: OptionValue>(
        of node: ConfigurationNode, _ read: (String) -> Value?
    ) -> Value? {
        guard let value = node.text.flatMap(read) else {
            fail(node, expected: Value.typeName)
            return nil
        }
        return value
    }

    /// Notes that a rule of this name must exist.
    func mention(_ kind: RuleMention.Kind, _ name: String, at position: SourcePosition) {
        references.append(
            RuleMention(kind: kind, name: name, position: position, path: path, host: host))
    }
}

/// A rule, ACL, shaper, request handler or command that some option names.
struct RuleMention {
    enum Kind: Hashable {
        case access, acl, shaper, shaperRule, requestHandler, command, commandTag
    }

    let kind: Kind
    let name: String
    let position: SourcePosition
    let path: String
    let host: String?
}
