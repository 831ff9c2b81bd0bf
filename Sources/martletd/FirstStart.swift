import Glibc
import XMPPConfig
import XMPPCore
import XMPPEngine

/// Makes what a server needs and does not have yet: configuration, key, administrator.
struct FirstStart {
    let dataDirectory: String
    let publicDirectory: String
    let host: String
    private let hadConfiguration: Bool

    init(dataDirectory: String, publicDirectory: String, host: String) {
        self.dataDirectory = dataDirectory
        self.publicDirectory = publicDirectory
        self.host = host
        hadConfiguration = access(dataDirectory + "/martlet.yml", F_OK) == 0
    }

    private var path: String { dataDirectory + "/martlet.yml" }

    /// Makes the configuration and the certificate unless they are there.
    ///
    /// - Returns: The path of the configuration.
    func prepare() throws -> String {
        guard !hadConfiguration else { return path }
        try DataDirectory.make(dataDirectory)
        let certificates = dataDirectory + "/certificates"
        try DataDirectory.make(certificates)
        let certificate = certificates + "/self-signed.pem"
        if access(certificate, F_OK) != 0 {
            try SelfSignedCertificate.make(hosts: [host], into: certificate)
        }
        let text = DefaultConfiguration.yaml(
            host: host, publicDirectory: publicDirectory,
            certificateFiles: [certificates + "/*.pem"])
        try Self.write(text, to: path)
        return path
    }

    /// Makes the administrator's account on the very first start, and says its password once.
    func finish(_ server: Server) async throws {
        guard !hadConfiguration, let served = server.hosts[host] else { return }
        let password = SecureRandom.token()
        let outcome = try await AccountService(served).create("admin", password: password)
        guard outcome == .done else { return }
        Terminal.say(
            """

            This is the first start. The configuration is \(path).
            Administrator: admin@\(host)
            Password: \(password)
            It is shown only this once; `martletctl change_password admin \(host) -` changes it.

            """)
    }

    private static func write(_ text: String, to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o640)
        guard file >= 0 else {
            throw ListenerFailure("cannot write \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else {
                throw ListenerFailure("cannot write \(path): \(String(cString: strerror(errno)))")
            }
            rest = rest.dropFirst(count)
        }
    }
}
