import Glibc
import XMPPConfig
import XMPPCore
import XMPPEngine

/// Makes what a server needs and does not have yet: configuration, key, administrator.
///
/// A file says from before the configuration is written until the administrator's password has
/// been told that the first start is not complete: a start that was cut off is taken up again.
struct FirstStart {
    let dataDirectory: String
    let publicDirectory: String
    let host: String

    /// Where the configuration is, or will be.
    var path: String { dataDirectory + "/martlet.yml" }

    private var mark: String { dataDirectory + "/first-start" }

    private var certificates: String { dataDirectory + "/certificates" }

    private var text: String {
        DefaultConfiguration.yaml(
            host: host, publicDirectory: publicDirectory,
            certificateFiles: [certificates + "/*.pem"])
    }

    /// The configuration that a first start would write; `nil` when there is one.
    var plannedText: String? { Self.exists(path) ? nil : text }

    /// Makes the configuration and the certificate unless they are there.
    ///
    /// - Returns: The path of the configuration.
    func prepare() throws -> String {
        guard !Self.exists(path) else { return path }
        try DataDirectory.make(dataDirectory)
        try Self.write("", to: mark)
        try DataDirectory.make(certificates)
        let certificate = certificates + "/self-signed.pem"
        if !Self.exists(certificate) {
            try SelfSignedCertificate.make(hosts: [host], into: certificate)
        }
        try Self.write(text, to: path)
        return path
    }

    /// Makes the administrator's account on the very first start, and says its password once.
    ///
    /// To be called before anybody can register an account.
    func finish(_ server: Server) async throws {
        guard Self.exists(mark), let served = server.hosts.all.first else { return }
        let password = SecureRandom.token()
        let accounts = AccountService(served)
        if try await accounts.create("admin", password: password) == .exists,
            let admin = BareJID(localpart: "admin", domainpart: served.domain)
        {
            // Made by a start that was cut off before it told the password.
            _ = try await accounts.changePassword(of: admin, to: password)
        }
        Terminal.say(
            """

            This is the first start. The configuration is \(path).
            Administrator: admin@\(served.domain)
            Password: \(password)
            It is shown only this once; `martletctl change_password admin \(served.domain) -` \
            changes it.

            """)
        unlink(mark)
    }

    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Writes a file beside its place and moves it there, so that it is whole or not there.
    private static func write(_ text: String, to path: String) throws {
        let draft = path + ".new"
        let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC, 0o640)
        guard file >= 0 else { throw failure(draft) }
        defer { close(file) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw failure(draft) }
            rest = rest.dropFirst(count)
        }
        guard fsync(file) == 0, rename(draft, path) == 0 else { throw failure(path) }
    }

    private static func failure(_ path: String) -> ListenerFailure {
        ListenerFailure("cannot write \(path): \(String(cString: strerror(errno)))")
    }
}
