/// An option at the top of a configuration that gives it its structure and has no plain value.
package struct StructuralOption: Sendable {
    package let name: String
    package let typeName: String
    package let summary: String
    package let scope: OptionScope

    /// Every such option, in the order of the reference.
    package static let all = [
        StructuralOption(
            name: "hosts", typeName: "a list of domains",
            summary: "The domains the server serves. The only option that must be written.",
            scope: .server),
        StructuralOption(
            name: "listen", typeName: "a list of listeners",
            summary: "Where connections are accepted, and what serves them.", scope: .server),
        StructuralOption(
            name: "modules", typeName: "a map of modules to their options",
            summary: "The features that are on.", scope: .host),
        StructuralOption(
            name: "acl", typeName: "a map of names to criteria",
            summary: "Names for groups of addresses: by user, server, resource or IP address.",
            scope: .host),
        StructuralOption(
            name: "access_rules", typeName: "a map of names to rules",
            summary: "Who may do what: the first line that fits decides, and none denies.",
            scope: .host),
        StructuralOption(
            name: "shaper", typeName: "a map of names to bytes a second",
            summary: "Limits of traffic, as a rate or as `{rate: …, burst_size: …}`.",
            scope: .server),
        StructuralOption(
            name: "shaper_rules", typeName: "a map of names to rules",
            summary: "Shapers and numbers that depend on who asks.", scope: .host),
        StructuralOption(
            name: "host_config", typeName: "a map of hosts to options",
            summary: "Options of one host, in place of the server's.", scope: .server),
        StructuralOption(
            name: "append_host_config", typeName: "a map of hosts to options",
            summary: "Lists and maps of one host, in addition to the server's.", scope: .server),
        StructuralOption(
            name: "include_config_file", typeName: "a path, or a list of paths",
            summary: "Files whose options are read too; `allow_only` and `disallow` choose.",
            scope: .server),
        StructuralOption(
            name: "define_macro", typeName: "a map of upper-case names to values",
            summary: "Values to use in place of their names.", scope: .server),
        StructuralOption(
            name: "define_keyword", typeName: "a map of upper-case names to text",
            summary: "Texts to use within others as `@NAME@`.", scope: .server),
    ]

    /// The named option, `nil` when there is none.
    static func named(_ name: String) -> StructuralOption? { all.first { $0.name == name } }
}
