/// What a configuration can refer to without defining it.
package struct ConfigurationEnvironment: Sendable {
    /// Keywords (`@NAME@`) that are always there, such as `VERSION` and `HOME`.
    package var keywords: [String: String]
    /// Macros given from outside, as YAML; those of the file come first.
    package var macros: [String: String]

    package init(keywords: [String: String] = [:], macros: [String: String] = [:]) {
        self.keywords = keywords
        self.macros = macros
    }
}
