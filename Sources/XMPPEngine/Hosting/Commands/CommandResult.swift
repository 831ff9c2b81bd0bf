import ControlProtocol

/// What a command answers.
///
/// Each of its forms has one JSON and one text encoding.
package enum CommandResult: Hashable, Sendable {
    /// Which form a command answers in.
    package enum Shape: Hashable, Sendable {
        /// Nothing but a code: 0 is success.
        case code
        /// One value.
        case string
        /// One whole number.
        case number
        /// Some lines for people.
        case text
        /// Rows with these columns.
        case records([CommandColumn])
        /// One row with these columns.
        case record([CommandColumn])
        /// JSON with a text of its own.
        case document

        /// The form's name in declarations.
        package var name: String {
            switch self {
            case .code: "code"
            case .string: "string"
            case .number: "number"
            case .text: "text"
            case .records: "records"
            case .record: "record"
            case .document: "document"
            }
        }
    }

    /// 0 is success; the text, if any, is shown to people only.
    case code(Int, String = "")
    case string(String)
    case number(Int)
    case text(String)
    /// Rows have a value for each column, in order.
    case records(columns: [String], rows: [[JSONValue]])
    /// A value no table can hold, and how to show it.
    case document(JSONValue, text: String)

    /// Success, with nothing to tell.
    package static let success = CommandResult.code(0)

    /// One row: an object for programs, a line for each column for people.
    package static func record(columns: [CommandColumn], row: [JSONValue]) -> CommandResult {
        let lines = zip(columns, row).map { column, value in
            "\(column.name): \(TextTable.cell(value))"
        }
        return .document(
            .object(zip(columns, row).map { JSONValue.Member($0.name, $1) }),
            text: lines.joined(separator: "\n"))
    }

    /// Rows under declared columns.
    package static func records(_ columns: [CommandColumn], rows: [[JSONValue]]) -> CommandResult {
        .records(columns: columns.map(\.name), rows: rows)
    }

    /// The code for the caller: 0 unless the command returned another.
    package var code: Int {
        switch self {
        case .code(let code, _): code
        case .string, .number, .text, .records, .document: 0
        }
    }

    /// The result for programs: a number, a string, or an array with an object for each row.
    ///
    /// Rows of one column are an array of their values.
    package var json: JSONValue {
        switch self {
        case .code(let code, _): .int(code)
        case .string(let text), .text(let text): .string(text)
        case .number(let number): .int(number)
        case .document(let value, _): value
        case .records(let columns, let rows):
            .array(
                rows.map { row in
                    guard columns.count > 1 else { return row.first ?? nil }
                    return .object(zip(columns, row).map { JSONValue.Member($0, $1) })
                })
        }
    }

    /// The result for people: text, or a table with aligned columns; without a final line feed.
    ///
    /// Rows of one column are lines without a heading, for use in scripts.
    package var text: String {
        switch self {
        case .code(let code, let text): text.isEmpty && code != 0 ? "code \(code)" : text
        case .string(let text), .text(let text), .document(_, let text): text
        case .number(let number): String(number)
        case .records(let columns, let rows): TextTable(columns: columns, rows: rows).text
        }
    }
}

/// Rows under headings, columns padded to their longest cell.
private struct TextTable {
    let text: String

    init(columns: [String], rows: [[JSONValue]]) {
        let cells = rows.map { $0.map(Self.cell) }
        guard columns.count > 1 else {
            text = cells.map { $0.first ?? "-" }.joined(separator: "\n")
            return
        }
        let lines = [columns] + cells
        var widths = [Int](repeating: 0, count: columns.count)
        for line in lines {
            for (column, cell) in line.enumerated() where column < widths.count {
                widths[column] = max(widths[column], cell.count)
            }
        }
        text = lines.map { Self.line($0, widths) }.joined(separator: "\n")
    }

    private static func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (cell, width) in zip(cells, widths) {
            line += cell + String(repeating: " ", count: width - cell.count + 2)
        }
        while line.last == " " { line.removeLast() }
        return line
    }

    /// A cell on one line, without control characters that could upset a terminal.
    static func cell(_ value: JSONValue) -> String {
        let text =
            switch value {
            case .null: "-"
            case .string(let text): text.isEmpty ? "-" : text
            case .bool, .int, .double, .array, .object: value.description
            }
        return String(String.UnicodeScalarView(text.unicodeScalars.map(Self.printable)))
    }

    private static func printable(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        scalar.properties.generalCategory == .control ? "?" : scalar
    }
}
