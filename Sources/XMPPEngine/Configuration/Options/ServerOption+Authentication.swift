extension ServerOption {
    static let authentication: [any OptionDeclaration] = [
        authMethod, anonymousProtocol, authPasswordFormat, authSCRAMHash, disableSASLMechanisms,
    ]

    package static let authMethod = Option<[AuthMethod]>(
        "auth_method", default: [.sql], as: .listOrSingle(of: .any),
        "Who may log in: accounts of the server's store (`sql`, also spelt `mnesia` or"
            + " `internal`), anybody under a random address (`anonymous`), or both.")

    package static let anonymousProtocol = Option<AnonymousProtocol>(
        "anonymous_protocol", default: .sasl,
        "How `anonymous` lets people in: by SASL ANONYMOUS under a random address (`sasl_anon`),"
            + " under any name that no account has, with whatever password (`login_anon`), or in"
            + " both ways.")

    package static let authPasswordFormat = Option<PasswordFormat>(
        "auth_password_format", default: .scram,
        "How passwords are kept: as SCRAM keys, from which they cannot be read back, or as they"
            + " are.")

    package static let authSCRAMHash = Option<SCRAMHash?>(
        "auth_scram_hash", default: nil,
        "The only hash that SCRAM is offered and the keys of new passwords are made with; all three"
            + " when it is left out.")

    package static let disableSASLMechanisms = Option<[String]>(
        "disable_sasl_mechanisms", default: [],
        as: .listOrSingle(of: .only("the name of a SASL mechanism", where: isMechanism)),
        "SASL mechanisms that are never offered, such as `PLAIN` or `SCRAM-SHA-1`.")

    @Sendable private static func isMechanism(_ text: String) -> Bool {
        (1...20).contains(text.utf8.count)
            && text.allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_")
            }
    }
}
