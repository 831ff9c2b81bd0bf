import Glibc

/// Dates in header fields (RFC 9110 §5.6.7), to the second, in UTC.
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// A moment taken apart.
    struct Parts: Equatable {
        var year = 1970
        var month = 1
        var day = 1
        var hour = 0
        var minute = 0
        var second = 0
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func text(_ seconds: Int64) -> String {
        let time = parts(seconds)
        let weekday = Int(((seconds.floorDivided(by: 86_400) % 7) + 7) % 7)
        return "\(days[weekday]), \(two(time.day)) \(months[time.month - 1]) \(four(time.year)) "
            + "\(two(time.hour)):\(two(time.minute)):\(two(time.second)) GMT"
    }

    /// This moment, as `Date` has it.
    static var now: String { text(Int64(time(nil))) }

    /// Seconds since 1970 of any of the three forms; `nil` for anything else.
    static func parse(_ text: String) -> Int64? {
        let words = text.split { $0 == " " || $0 == "," || $0 == "-" }
        var time = Parts()
        let clock: Substring
        switch words.count {
        case 6 where words[5] == "GMT":  // IMF-fixdate
            guard read(&time, day: words[1], month: words[2], year: words[3]) else { return nil }
            clock = words[4]
        case 5 where words[4] != "GMT":  // asctime
            guard read(&time, day: words[2], month: words[1], year: words[4]) else { return nil }
            clock = words[3]
        default:
            return nil
        }
        let fields = clock.split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count == 3, let hour = number(fields[0]), let minute = number(fields[1]),
            let second = number(fields[2]), hour < 24, minute < 60, second <= 60
        else { return nil }
        (time.hour, time.minute, time.second) = (hour, minute, second)
        return seconds(time)
    }

    private static func read(
        _ time: inout Parts, day: Substring, month: Substring, year: Substring
    ) -> Bool {
        guard let day = number(day), (1...31).contains(day), var years = number(year),
            let month = months.firstIndex(of: String(month))
        else { return false }
        if year.utf8.count == 2 { years += years < 70 ? 2000 : 1900 }  // RFC 850
        (time.year, time.month, time.day) = (years, month + 1, day)
        return years >= 1601
    }

    private static func number(_ digits: Substring) -> Int? {
        guard (1...4).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(digits)
    }

    /// Days since 1970 go by years that begin in March, so that the leap day comes last.
    static func seconds(_ time: Parts) -> Int64 {
        let year = Int64(time.month <= 2 ? time.year - 1 : time.year)
        let era = year.floorDivided(by: 400)
        let yearOfEra = year - era * 400
        let month = Int64(time.month + (time.month > 2 ? -3 : 9))
        let dayOfYear = (153 * month + 2) / 5 + Int64(time.day) - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let day = era * 146_097 + dayOfEra - 719_468
        return day * 86_400 + Int64(time.hour * 3600 + time.minute * 60 + time.second)
    }

    static func parts(_ seconds: Int64) -> Parts {
        let day = seconds.floorDivided(by: 86_400) + 719_468
        let rest = Int(seconds - seconds.floorDivided(by: 86_400) * 86_400)
        let era = day.floorDivided(by: 146_097)
        let dayOfEra = day - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return Parts(
            year: Int(yearOfEra + era * 400 + (month <= 2 ? 1 : 0)), month: Int(month),
            day: Int(dayOfYear - (153 * shifted + 2) / 5 + 1), hour: rest / 3600,
            minute: rest / 60 % 60, second: rest % 60)
    }

    static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func four(_ number: Int) -> String {
        String(repeating: "0", count: max(0, 4 - "\(number)".count)) + "\(number)"
    }
}

extension Int64 {
    fileprivate func floorDivided(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
