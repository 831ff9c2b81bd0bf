import Glibc
import XMPPStorage

extension DateTime {
    /// Reads `2026-11-22T19:08:00Z`, with a fraction and another zone than UTC too (XEP-0082 §3.2).
    ///
    /// - Returns: `nil` for anything else, and for dates there are none of.
    static func moment(_ text: String) -> Timestamp? {
        var text = text[...].utf8
        func number(_ digits: Int, then mark: UInt8?) -> Int? {
            let part = text.prefix(digits)
            guard part.count == digits, part.allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            text = text.dropFirst(digits)
            if let mark {
                guard text.first == mark else { return nil }
                text = text.dropFirst()
            }
            return part.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }
        let (dash, colon) = (UInt8(ascii: "-"), UInt8(ascii: ":"))
        guard let year = number(4, then: dash), let month = number(2, then: dash),
            let day = number(2, then: UInt8(ascii: "T")), let hour = number(2, then: colon),
            let minute = number(2, then: colon), let second = number(2, then: nil),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var milliseconds = 0
        if text.first == UInt8(ascii: ".") {
            text = text.dropFirst()
            let digits = text.prefix { (0x30...0x39).contains($0) }
            guard (1...12).contains(digits.count) else { return nil }
            text = text.dropFirst(digits.count)
            let thousandths = (Array(digits) + [0x30, 0x30]).prefix(3)
            milliseconds = thousandths.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }
        guard let offset = zone(text) else { return nil }
        var parts = tm()
        parts.tm_year = Int32(year - 1900)
        parts.tm_mon = Int32(month - 1)
        parts.tm_mday = Int32(day)
        parts.tm_hour = Int32(hour)
        parts.tm_min = Int32(minute)
        parts.tm_sec = Int32(second)
        let seconds = timegm(&parts)
        // timegm carries the 31st of April over into May.
        guard (1...12).contains(month), parts.tm_mon == Int32(month - 1) || second == 60,
            (1...31).contains(day)
        else { return nil }
        return Timestamp(
            milliseconds: (Int64(seconds) - Int64(offset)) * 1000 + Int64(milliseconds))
    }

    /// Seconds east of UTC of `Z` or `+02:00`.
    private static func zone(_ text: Substring.UTF8View) -> Int? {
        if text.elementsEqual([UInt8(ascii: "Z")]) { return 0 }
        let bytes = Array(text)
        guard bytes.count == 6, bytes[0] == UInt8(ascii: "+") || bytes[0] == UInt8(ascii: "-"),
            bytes[3] == UInt8(ascii: ":")
        else { return nil }
        let digits = [bytes[1], bytes[2], bytes[4], bytes[5]]
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let values = digits.map { Int($0 - 0x30) }
        let (hours, minutes) = (values[0] * 10 + values[1], values[2] * 10 + values[3])
        guard hours < 24, minutes < 60 else { return nil }
        let offset = hours * 3600 + minutes * 60
        return bytes[0] == UInt8(ascii: "-") ? -offset : offset
    }
}
