/// Reads and checks configuration files.
package enum ConfigurationLoader {
    /// A checked configuration, and what in it may surprise.
    package typealias Loaded = (configuration: Configuration, warnings: [ConfigurationWarning])

    /// Reads a configuration file: YAML, or classic Erlang terms when its name ends in `.cfg`.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - schema: The modules and handlers the server has.
    ///   - environment: Keywords and macros given from outside.
    /// - Returns: The configuration and its warnings.
    /// - Throws: Every problem at once.
    package static func load(
        path: String, schema: ConfigurationSchema,
        environment: ConfigurationEnvironment = ConfigurationEnvironment()
    ) throws(ConfigurationErrors) -> Loaded {
        try load(schema, environment, ConfigurationLanguage(path: path), path) {
            $0.entries(of: path)
        }
    }

    /// Reads a configuration from a text, as if it were a file of that name.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - name: The name for messages, and what included files are relative to.
    ///   - language: How the text is written.
    ///   - schema: The modules and handlers the server has.
    ///   - environment: Keywords and macros given from outside.
    /// - Returns: The configuration and its warnings.
    /// - Throws: Every problem at once.
    package static func load(
        text: String, named name: String, language: ConfigurationLanguage = .yaml,
        schema: ConfigurationSchema,
        environment: ConfigurationEnvironment = ConfigurationEnvironment()
    ) throws(ConfigurationErrors) -> Loaded {
        try load(schema, environment, language, name) {
            $0.entries(in: text, named: name, language: language)
        }
    }

    private static func load(
        _ schema: ConfigurationSchema, _ environment: ConfigurationEnvironment,
        _ language: ConfigurationLanguage, _ path: String,
        _ read: (inout DocumentReader) -> [ConfigurationNode.Entry]
    ) throws(ConfigurationErrors) -> Loaded {
        let report = ConfigurationReport()
        let reader = OptionReader(report: report)
        var document = DocumentReader(reader: reader)
        let written = read(&document)
        report.files = document.files
        // A file that cannot be read hides its options: complaints about them would mislead.
        try report.throwIfFatal(file: path, isEmpty: written.isEmpty)
        let entries = MacroExpansion.expand(written, environment: environment, with: reader)
        let builder = ConfigurationBuilder(
            schema: schema, report: report, language: language, main: path)
        let configuration = builder.build(entries, files: document.files)
        try report.throwIfAny()
        guard let configuration else {
            throw ConfigurationErrors(errors: [
                ConfigurationError(at: SourcePosition(file: path), "cannot be used")
            ])
        }
        return (configuration, report.warnings)
    }
}

extension ConfigurationReport {
    /// Throws when the main file gave nothing but problems.
    func throwIfFatal(file: String, isEmpty: Bool) throws(ConfigurationErrors) {
        if isEmpty { try throwIfAny() }
    }
}
