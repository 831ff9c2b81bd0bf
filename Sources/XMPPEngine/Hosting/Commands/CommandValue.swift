import ControlProtocol
import XMPPConfig
import XMPPCore

/// A value of one of the declared kinds.
package enum CommandValue: Hashable, Sendable {
    case string(String)
    case int(Int)
    case bool(Bool)
    case jid(JID)
    case host(BareJID)
    case network(IPNetwork)
    case strings([String])

    /// The value as JSON: addresses as their text.
    package var json: JSONValue {
        switch self {
        case .string(let text): .string(text)
        case .int(let number): .int(number)
        case .bool(let flag): .bool(flag)
        case .jid(let jid): .string(jid.description)
        case .host(let host): .string(host.text)
        case .network(let network): .string(network.description)
        case .strings(let texts): .array(texts.map { .string($0) })
        }
    }
}

extension CommandArgument {
    /// How strictly the type of a value is taken.
    package enum Typing: Sendable {
        /// A number is a number.
        case strict
        /// Text that reads as a number, as `true` or `false`, or as a list counts as such.
        case textual
    }

    /// Reads what a caller gave; `nil` when it is not what the argument takes.
    func read(_ value: JSONValue, _ typing: Typing) -> CommandValue? {
        switch kind {
        case .string: text(value).map { .string($0) }
        case .int: int(value, typing).map { .int($0) }
        case .bool: bool(value, typing).map { .bool($0) }
        case .user:
            value.string.flatMap { BareJID(localpart: $0, domainpart: "localhost")?.localpart }
                .map { .string($0) }
        case .jid: value.string.flatMap { JID($0) }.map { .jid($0) }
        case .host:
            value.string.flatMap { BareJID(localpart: nil, domainpart: $0) }.map { .host($0) }
        case .network: value.string.flatMap { IPNetwork($0) }.map { .network($0) }
        case .strings: strings(value, typing).map { .strings($0) }
        }
    }

    private func text(_ value: JSONValue) -> String? {
        guard let text = value.string, text.utf8.count <= length.upperBound * 4,
            length.contains(text.unicodeScalars.count),
            text.unicodeScalars.allSatisfy(Self.isXMLCharacter),
            choices.isEmpty || choices.contains(text)
        else { return nil }
        return text
    }

    /// What may stand in a stanza (XML 1.0 §2.2), where most texts end up.
    private static func isXMLCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x20...0xD7FF, 0xE000...0xFFFD, 0x1_0000...0x10_FFFF: true
        default: false
        }
    }

    private func int(_ value: JSONValue, _ typing: Typing) -> Int? {
        let number: Int? =
            switch value {
            case .int(let number): number
            // 5.0 is the same number as 5 (RFC 8259 §6).
            case .double(let number): Int(exactly: number)
            case .string(let text) where typing == .textual: Int(text)
            case .null, .bool, .string, .array, .object: nil
            }
        return number.flatMap { range.contains($0) ? $0 : nil }
    }

    private func bool(_ value: JSONValue, _ typing: Typing) -> Bool? {
        if let flag = value.bool { return flag }
        guard typing == .textual else { return nil }
        return value.string.flatMap { Bool($0) }
    }

    private func strings(_ value: JSONValue, _ typing: Typing) -> [String]? {
        let list: [JSONValue]
        switch value {
        case .array(let elements): list = elements
        case .string(let text) where typing == .textual:
            list = text.split(separator: ";").map { .string(String($0)) }
        case .null, .bool, .int, .double, .string, .object: return nil
        }
        let texts = list.compactMap(text)
        return texts.count == list.count && (countMin...Self.stringsMax).contains(list.count)
            ? texts : nil
    }

    /// Most texts of a list.
    package static let stringsMax = 100

    /// What the argument takes and what it got, without the value of a secret.
    func complaint(about value: JSONValue) -> String {
        let got =
            switch value {
            case .string where isPrivate: value.kindName
            case .string(let text): "\"\(text.prefix(100))\""
            case .null, .bool, .int, .double, .array, .object: value.kindName
            }
        return "argument \(name) must be \(wanted), not \(got)"
    }

    private var wanted: String {
        switch kind {
        case .string where !choices.isEmpty: "one of " + choices.joined(separator: ", ")
        case .string where length != 0...Self.lengthMaxUsual:
            "a string of \(length.lowerBound) to \(length.upperBound) characters"
        case .string: "a string"
        case .int where range != Int.min...Int.max:
            "a whole number, \(range.lowerBound) to \(range.upperBound)"
        case .int: "a whole number"
        case .bool: "true or false"
        case .user: "a name that an account can have"
        case .jid: "an address"
        case .host: "a domain name"
        case .network: "an IP address or network"
        case .strings: "a list of strings"
        }
    }
}
