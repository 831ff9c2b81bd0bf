/// A value that goes into a statement.
package enum SQLValue: Equatable, Sendable {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])

    /// A count or a limit.
    package static func integer(_ value: Int) -> SQLValue { .integer(Int64(value)) }

    /// 1 for `true`, 0 for `false`: both dialects compare and index integers alike.
    package static func flag(_ value: Bool) -> SQLValue { .integer(value ? 1 : 0) }

    /// Milliseconds since 1970.
    package static func moment(_ value: Timestamp) -> SQLValue { .integer(value.milliseconds) }

    /// NULL for `nil`.
    package static func optional(_ value: String?) -> SQLValue { value.map(SQLValue.text) ?? .null }

    /// NULL for `nil`.
    package static func optional(_ value: [UInt8]?) -> SQLValue {
        value.map(SQLValue.blob) ?? .null
    }

    /// NULL for `nil`.
    package static func optional(_ value: Timestamp?) -> SQLValue {
        value.map(SQLValue.moment) ?? .null
    }
}
