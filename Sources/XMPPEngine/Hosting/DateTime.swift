import Glibc
import XMPPStorage

/// Dates and times as XMPP writes them (XEP-0082).
package enum DateTime {
    /// As in `2026-11-22T19:08:00Z`, with milliseconds when there are any.
    package static func text(_ moment: Timestamp) -> String {
        var seconds = time_t(moment.milliseconds / 1000)
        let milliseconds = moment.milliseconds % 1000
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date =
            "\(parts.tm_year + 1900)-\(pad(parts.tm_mon + 1))-\(pad(parts.tm_mday))"
            + "T\(pad(parts.tm_hour)):\(pad(parts.tm_min)):\(pad(parts.tm_sec))"
        guard milliseconds > 0 else { return date + "Z" }
        return date + "." + pad(Int32(milliseconds), width: 3) + "Z"
    }

    private static func pad(_ number: Int32, width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
