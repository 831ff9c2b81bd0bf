/// The checked values of a set of options: the server's, a listener's or a module's.
///
/// An option that was not written has its default. Looking a value up costs a dictionary access
/// and a cast: read it when a feature starts, keep it, and read it again on reload.
package struct OptionValues: Sendable {
    /// The virtual host these belong to, for `@HOST@` in defaults; `nil` for the whole server.
    package let host: String?
    private var written: [String: any Sendable & Equatable]

    package init(host: String? = nil) {
        self.host = host
        written = [:]
    }

    init(host: String?, written: [String: any Sendable & Equatable]) {
        self.host = host
        self.written = written
    }

    /// The value written for an option, or its default.
    package subscript<Value>(option: Option<Value>) -> Value {
        if let value = written[option.name] as? Value { return value }
        guard let host else { return option.default }
        return option.type.expandingHost(option.default, host)
    }

    /// Whether the option was written in the configuration.
    package func isWritten(_ option: any OptionDeclaration) -> Bool {
        written[option.name] != nil
    }

    /// The names of the options that were written.
    package var writtenNames: [String] { written.keys.sorted() }

    /// These values with one more, as a test or a caller without a file needs it.
    package func setting<Value>(_ option: Option<Value>, to value: Value) -> OptionValues {
        var copy = self
        copy.written[option.name] = value
        return copy
    }

    /// These values, and for options that they lack the values of another set.
    func completed(with other: OptionValues) -> OptionValues {
        OptionValues(host: host, written: written.merging(other.written) { mine, _ in mine })
    }

    /// The names of options whose written values differ.
    package func namesDiffering(from other: OptionValues) -> [String] {
        Set(written.keys).union(other.written.keys).filter { name in
            !Self.areEqual(written[name], other.written[name])
        }.sorted()
    }

    private static func areEqual(
        _ left: (any Sendable & Equatable)?, _ right: (any Sendable & Equatable)?
    ) -> Bool {
        switch (left, right) {
        case (nil, nil): true
        case (let left?, let right?): isEqual(left, right)
        case (nil, _?), (_?, nil): false
        }
    }

    private static func isEqual<Value: Equatable>(_ left: Value, _ right: Any) -> Bool {
        (right as? Value) == left
    }
}

extension OptionValues: Equatable {
    package static func == (left: OptionValues, right: OptionValues) -> Bool {
        left.host == right.host && left.namesDiffering(from: right).isEmpty
    }
}

/// The options of one module on one virtual host.
package typealias ModuleOptions = OptionValues
