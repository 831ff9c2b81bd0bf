/// The administrative commands there are, and their tags, as permissions name them.
package struct CommandNames: Sendable, Equatable {
    package let commands: Set<String>
    package let tags: Set<String>

    /// Commands by name, with the tag of each.
    package init(_ tagged: [String: String]) {
        commands = Set(tagged.keys)
        tags = Set(tagged.values)
    }
}
