/// The options at the top of a configuration that have a plain value.
///
/// `StructuralOption` lists the others: `listen`, `modules`, rules, macros and so on.
package enum ServerOption {
    /// Every option, in the order of the reference.
    package static let all: [any OptionDeclaration] =
        general + observation + authentication + streams + webSockets + encryption + storage
        + api

    static let general: [any OptionDeclaration] = [
        logLevel, language, trustedProxies, hostsAlias,
    ]

    package static let logLevel = Option<LogLevel>(
        "loglevel", default: .info, scope: .server,
        "How much is logged. The numbers 0 (nothing) to 5 (everything) are read too.")

    package static let language = Option<String>(
        "language", default: "en",
        as: .only("a language tag (`en`, `pt-BR`)", where: isLanguageTag),
        "The language of texts the server sends when a client does not ask for one.")

    package static let trustedProxies = Option<TrustedProxies>(
        "trusted_proxies", default: .networks([]), scope: .server,
        "HTTP proxies whose `Forwarded`, `X-Forwarded-For`, `-Proto` and `-Host` headers are believed."
            + " A loopback address among them stands for clients of unix sockets, too.")

    package static let hostsAlias = Option<[String: String]>(
        "hosts_alias", default: [:], scope: .server,
        "Other names of the hosts, for requests over HTTP only.")

    @Sendable private static func isLanguageTag(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.allSatisfy { part in
            (1...8).contains(part.utf8.count)
                && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        }
    }
}
