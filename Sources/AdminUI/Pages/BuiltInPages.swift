import XMPPEngine

/// The pages that the console has of its own, in the order of the menu.
enum BuiltInPages {
    static let all: [ConsolePage] = [
        overview, accounts, account, sessions, listeners, supervision, configuration, log,
        commands,
    ]
}
