import XMPPEngine

/// Makes the identifiers of polling sessions: 24 characters of `A-Z a-z 0-9 : -` (XEP-0025 §3).
enum PollSessionID {
    /// A new one that nobody can guess, and that reads as no error.
    static func make() -> String {
        while true {
            let id = identifier(from: SecureRandom.token())
            if !id.hasSuffix(":0") { return id }
        }
    }

    /// Base 64 in the characters an identifier may have.
    static func identifier(from token: String) -> String {
        String(
            token.map { character in
                switch character {
                case "+": "-"
                case "/": ":"
                default: character
                }
            })
    }
}
