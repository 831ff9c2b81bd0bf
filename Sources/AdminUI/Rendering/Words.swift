/// Numbers as people read them.
enum Words {
    /// Digits in groups of three, with thin spaces between.
    static func number(_ value: Int) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "−" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "\u{202F}" }
            text.append(digit)
        }
        return text
    }

    /// As in `12.3 MiB`.
    static func bytes(_ value: Int) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var size = Double(max(0, value))
        var unit = 0
        while size >= 1024, unit < units.count - 1 {
            size /= 1024
            unit += 1
        }
        return (unit == 0 ? "\(value)" : decimal(size)) + "\u{A0}" + units[unit]
    }

    /// One decimal below 100, none above.
    static func decimal(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "–" }
        if abs(value) >= 100 { return number(Int(value.rounded())) }
        let tenths = Int((value * 10).rounded())
        let sign = tenths < 0 ? "−" : ""
        let whole = tenths.magnitude / 10
        let rest = tenths.magnitude % 10
        return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
    }

    /// The two greatest units: `3d 4h`, `12m 5s`, `0s`.
    static func duration(_ duration: Duration) -> String {
        let seconds = max(duration.components.seconds, 0)
        let parts = [
            (seconds / 86400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"),
            (seconds % 60, "s"),
        ].drop { $0.0 == 0 }.prefix(2).filter { $0.0 > 0 }
        guard !parts.isEmpty else { return "0s" }
        return parts.map { "\($0.0)\($0.1)" }.joined(separator: "\u{A0}")
    }

    /// A summary with the marks of code in it, as prose: `` `all` `` becomes `“all”`.
    static func plain(_ summary: String) -> String {
        summary.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .map { index, part in index % 2 == 0 ? String(part) : "“\(part)”" }.joined()
    }

    /// A name of the program as words: `change_password` becomes `Change password`.
    static func title(_ name: String) -> String {
        let words = name.split(separator: "_").joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }
}
