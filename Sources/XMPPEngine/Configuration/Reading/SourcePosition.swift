/// A place in a configuration file.
package struct SourcePosition: Hashable, Sendable, CustomStringConvertible {
    /// The file as it was named: on the command line or in `include_config_file`.
    package let file: String
    /// Counted from 1; 0 when the problem is the file itself.
    package let line: Int
    /// Counted from 1 in Unicode scalars; 0 when unknown.
    package let column: Int

    package init(file: String, line: Int = 0, column: Int = 0) {
        self.file = file
        self.line = line
        self.column = column
    }

    package var description: String { line > 0 ? "\(file):\(line)" : file }
}
