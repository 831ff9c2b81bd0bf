/// What `mod_bosh` lets clients have.
struct BOSHSettings: Sendable, Equatable {
    /// Seconds without a request after which a session ends.
    var inactivity = 30
    /// Most seconds a client may ask to be left alone.
    var pauseMax = 120
    /// Most seconds a request is held.
    var waitMax = 60
    /// Most stanzas in one answer.
    var concatMax = Int.max
    /// Most requests held at once.
    var holdMax = 4
    /// Fewest seconds between two empty requests.
    var polling = 2
    /// Bytes from which an answer is compressed, if the client takes that.
    var compressionBytesMin = 4096
    /// Where clients must go instead that ask for a session without TLS.
    var secureURI: String?
    /// Whether clients that do not say who they are need no login.
    var isPrebound = false
}

/// The sessions of BOSH, and what new ones are offered.
typealias BOSHService = SessionService<BOSHSession, BOSHSettings>

/// What client and server agreed on when the session was created (XEP-0124 §7).
struct BOSHTerms: Equatable {
    /// Seconds a request is held at most.
    var wait: Int32
    /// Requests held at once; 0 in a polling session.
    var hold: Int32
    /// Requests the client may have open.
    var requests: Int32
    var polling: Int32
    var inactivity: Int32
    var pauseMax: Int32
    /// The version both speak, such as `1.11`; `nil` for a client that gave none.
    var minorVersion: Int32?
    var usesAcks: Bool

    var isPolling: Bool { hold == 0 || wait == 0 }

    /// Our own version of XEP-0124.
    static let minorVersionMax: Int32 = 11

    /// Takes what the client asks for as far as the settings allow it.
    init(asked header: (String) -> String?, settings: BOSHSettings) {
        func number(_ name: String, default: Int, max: Int) -> Int32 {
            let value = header(name).map { BOSHBody.number($0, max: .max) ?? max } ?? `default`
            return Int32(clamping: min(value, max))
        }
        wait = number("wait", default: settings.waitMax, max: settings.waitMax)
        hold = number("hold", default: 1, max: settings.holdMax)
        if wait == 0 { hold = 0 }
        requests = hold + 1
        polling = Int32(clamping: settings.polling)
        // A client that polls needs time between its polls (XEP-0124 §12).
        let inactivity = Int32(clamping: settings.inactivity)
        self.inactivity = hold == 0 ? inactivity + max(inactivity, 4 * polling) : inactivity
        pauseMax = Int32(clamping: settings.pauseMax)
        minorVersion = header("ver").flatMap { Self.minorVersion($0) }
        usesAcks = header("ack") == "1"
    }

    /// The lower of both versions; numbers are compared part by part (XEP-0124 §7.1).
    private static func minorVersion(_ text: String) -> Int32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = BOSHBody.number(String(parts[0]), max: 1 << 20),
            let minor = BOSHBody.number(String(parts[1]), max: 1 << 20), major > 0
        else { return nil }
        return major > 1 ? minorVersionMax : min(Int32(minor), minorVersionMax)
    }
}
