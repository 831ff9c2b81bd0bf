import XMPPEngine

/// What the form of an action says beside the command's own words.
struct ActionWords: Equatable {
    var title: String
    var label: String
    var tone: String

    init(title: String, label: String, tone: String) {
        self.title = title
        self.label = label
        self.tone = tone
    }

    /// Reads them from a link; `nil` unless they are all there.
    init?(_ fields: [String: String]) {
        guard let title = fields["title"], let label = fields["label"], let tone = fields["tone"]
        else { return nil }
        self.init(title: title, label: label, tone: tone)
    }

    var parameters: [ConsoleParameter] {
        [
            ConsoleParameter("title", title), ConsoleParameter("label", label),
            ConsoleParameter("tone", tone),
        ]
    }
}

/// Tells the links of this console from those that somebody else made.
///
/// A heading and a button speak for the console; they are shown only if they come sealed.
struct ActionSeal: Sendable {
    private let key: [UInt8]

    init(key: [UInt8]) { self.key = key }

    func seal(_ words: ActionWords, of command: String) -> String {
        let text = [command, words.title, words.label, words.tone].joined(separator: "\0")
        let code = HashFunction.sha256.authenticationCode(of: Array(text.utf8), key: key)
        return Base64.encode(Array(code.prefix(12)))
    }

    /// The words of a link; `nil` when they are not this console's.
    func words(in fields: [String: String], of command: String) -> ActionWords? {
        guard let words = ActionWords(fields), let given = fields["seal"],
            ConstantTime.areEqual(Array(given.utf8), Array(seal(words, of: command).utf8))
        else { return nil }
        return words
    }
}
