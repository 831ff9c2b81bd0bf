/// An option as others see it: a name, a type, a default and what it is for.
///
/// `Option` is the only kind; the protocol lets a list hold options of different types.
package protocol OptionDeclaration: Sendable {
    var name: String { get }
    /// What to write: "a duration", "`plain`, `scram`".
    var typeName: String { get }
    /// The default as a configuration file has it; empty when there is none.
    var defaultText: String { get }
    /// One or two sentences for the reference.
    var summary: String { get }
    var scope: OptionScope { get }
    var takesEffect: OptionEffect { get }
    /// The value that holds, written or default, as a configuration file has it.
    func text(in values: OptionValues) -> String
    /// Reads a value of the option's type; `nil` after telling the reader what is wrong.
    func readValue(
        _ node: ConfigurationNode, with reader: OptionReader
    ) -> (any Sendable & Equatable)?
}

/// Whether an option may differ between virtual hosts.
package enum OptionScope: String, Sendable {
    /// May stand in `host_config` too.
    case host
    /// Holds for the whole server.
    case server
}

/// When a changed value of an option begins to count.
package enum OptionEffect: String, Sendable {
    case onReload
    case onRestart
}
