import XMPPConfig
import XMPPCore

/// Who is kept out after failed logins, and who tells of those.
extension Server {
    package var bans: AddressBans { environment.bans }

    /// Tells the modules that a password or token was checked outside a stream.
    ///
    /// - Parameters:
    ///   - isAccepted: Whether it was right.
    ///   - account: Whom the client wanted to be; `nil` when it named no account.
    ///   - domain: The served host it was for; the first one stands for those that are not served.
    ///   - address: The client's own; `nil` when it is not known.
    package func loginChecked(
        isAccepted: Bool, account: String?, domain: String?, address: IPAddress?
    ) {
        guard let host = domain.flatMap({ hosts[$0] }) ?? hosts.all.first else { return }
        let login = CheckedLogin(address: address, account: account, isAccepted: isAccepted)
        for handler in host.hooks.loginChecked.handlers { handler(login) }
    }

    /// Nobody is banned where no host wants it any more.
    func liftBansUnlessWanted(by configuration: Configuration) {
        let isWanted = configuration.hosts.contains {
            configuration.host($0)?.modules["mod_fail2ban"] != nil
        }
        if !isWanted { bans.liftAll() }
    }
}
