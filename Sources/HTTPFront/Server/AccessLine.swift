import Glibc

/// One line of the combined log format.
struct AccessLine {
    private(set) var bytes: [UInt8] = []

    init(_ exchange: Exchange) {
        bytes.reserveCapacity(320)
        let status = exchange.sentStatus?.code ?? 0
        let hasBody = exchange.method != .head && status != 204 && status != 304
        append("\(exchange.peer) - ")
        append(exchange.user.map(Self.word) ?? "-")
        append(" [")
        bytes += exchange.loop.kept(AccessClock.self).now
        append("] \"\(exchange.method.name) ")
        append(escaping: exchange.target)
        append(exchange.isHTTP10 ? " HTTP/1.0\" " : " HTTP/1.1\" ")
        append("\(status) ")
        append(hasBody ? exchange.sentBytes.map { "\($0)" } ?? "-" : "0")
        append(" ")
        append(quoted: exchange, "Referer")
        append(" ")
        append(quoted: exchange, "User-Agent")
        append("\n")
    }

    private mutating func append(_ text: String) { bytes += text.utf8 }

    /// A field that was sent, or a dash.
    private mutating func append(quoted exchange: Exchange, _ name: StaticString) {
        append("\"")
        exchange.request?.withField(name) { value in
            guard let value else { return append("-") }
            if value.allSatisfy(Self.isPlain) {
                bytes += value
            } else {
                append(Self.escaped(String(decoding: value, as: UTF8.self)))
            }
        }
        append("\"")
    }

    private mutating func append(escaping text: String) {
        append(text.utf8.allSatisfy(Self.isPlain) ? text : Self.escaped(text))
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x20...0x7e).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// A name as one word of the line.
    private static func word(_ text: String) -> String {
        String(
            text.unicodeScalars.map { scalar in
                ("!"..."~").contains(scalar) && scalar != "\"" ? Character(scalar) : "_"
            })
    }

    /// What a client sent cannot end the line or its quotes.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": escaped += "\\" + String(scalar)
            case " "..."~": escaped.unicodeScalars.append(scalar)
            default: escaped += "\\x" + String(scalar.value, radix: 16)
            }
        }
        return escaped
    }
}

/// The time as log lines have it, put into words once a second.
///
/// Guarded by its loop.
private final class AccessClock: KeptByLoop {
    private var second: Int64 = .min
    private var text: [UInt8] = []

    var now: [UInt8] {
        let current = Int64(time(nil))
        if current != second {
            second = current
            text = Self.text(current)
        }
        return text
    }

    private static func text(_ seconds: Int64) -> [UInt8] {
        let time = HTTPDate.parts(seconds)
        let clock = [time.hour, time.minute, time.second].map(HTTPDate.two).joined(separator: ":")
        let month = HTTPDate.months[time.month - 1]
        return Array("\(HTTPDate.two(time.day))/\(month)/\(time.year):\(clock) +0000".utf8)
    }
}
