import Glibc

/// The certificates of all `certfiles` at one moment, by host.
struct CertificateSet: Sendable {
    /// One for each leaf that has a key, in the order of the files.
    private(set) var identities: [TLSIdentity] = []
    /// What is wrong but does not stop the others from serving.
    private(set) var warnings: [CertificateError] = []
    private var byHost: [String: TLSIdentity] = [:]

    static let empty = CertificateSet()

    private init() {}

    /// Loads everything that the patterns name and puts keys, leaves and chains together.
    ///
    /// - Parameters:
    ///   - patterns: Files, directories (their `*.pem`, `*.crt` and `*.key`) and globs.
    ///   - now: Seconds since 1970, which certificates must be valid at.
    /// - Throws: The first file that cannot be used.
    init(patterns: [String], now: Int64) throws(CertificateError) {
        var certificates: [(X509Certificate, file: String)] = []
        var keys: [(PrivateKey, file: String)] = []
        for path in try CertificatePaths.expand(patterns) {
            let file = try PEMFile(path: path)
            certificates += file.certificates.map { ($0, path) }
            keys += file.keys.map { ($0, path) }
        }
        let pool = certificates.map(\.0)
        for (key, file) in keys {
            let leaves = certificates.filter { key.belongs(to: $0.0) }
            guard !leaves.isEmpty else { throw .keyWithoutCertificate(file: file) }
            for (leaf, file) in leaves where !holds(leaf) {
                let issuers = Self.chain(of: leaf, in: pool)
                add(TLSIdentity(certificate: leaf, key: key, issuers: issuers, file: file), now)
            }
        }
        if identities.isEmpty, let first = certificates.first {
            throw .certificateWithoutKey(file: first.file)
        }
    }

    /// The certificate for a host: its own name first, then the wildcard above it.
    func identity(for host: String) -> TLSIdentity? {
        if let exact = byHost[host] { return exact }
        return CertificateNames.wildcard(for: host).flatMap { byHost[$0] }
    }

    private func holds(_ leaf: X509Certificate) -> Bool {
        let facts = CertificateFacts(of: leaf, file: "")
        return identities.contains { $0.facts.fingerprint == facts.fingerprint }
    }

    private mutating func add(_ identity: TLSIdentity, _ now: Int64) {
        let facts = identity.facts
        if now > facts.validity.upperBound {
            warnings.append(.expired(file: facts.file, at: facts.validity.upperBound))
        } else if now < facts.validity.lowerBound {
            warnings.append(.notYetValid(file: facts.file, from: facts.validity.lowerBound))
        }
        identities.append(identity)
        for name in facts.names.allHosts {
            if let other = byHost[name], !identity.isBetter(than: other, at: now) { continue }
            byHost[name] = identity
        }
    }

    /// Follows issuers as far as they are loaded; the root itself is not sent (RFC 8446 §4.4.2).
    private static func chain(
        of leaf: X509Certificate, in pool: [X509Certificate]
    ) -> [X509Certificate] {
        var chain: [X509Certificate] = []
        var last = leaf
        while chain.count < 10, !last.isSelfIssued,
            let issuer = pool.first(where: { $0.issued(last) }), !issuer.isSelfIssued
        {
            chain.append(issuer)
            last = issuer
        }
        return chain
    }
}

extension TLSIdentity {
    /// A certificate that is valid now wins, then the one that is valid longer.
    fileprivate func isBetter(than other: TLSIdentity, at now: Int64) -> Bool {
        let (mine, its) = (facts.validity.contains(now), other.facts.validity.contains(now))
        if mine != its { return mine }
        return facts.validity.upperBound > other.facts.validity.upperBound
    }
}

/// Turns what `certfiles` names into paths of files.
enum CertificatePaths {
    static func expand(_ patterns: [String]) throws(CertificateError) -> [String] {
        var paths: [String] = []
        for pattern in patterns {
            for path in try expand(pattern) where !paths.contains(path) { paths.append(path) }
        }
        return paths
    }

    private static func expand(_ pattern: String) throws(CertificateError) -> [String] {
        if isDirectory(pattern) {
            return ["pem", "crt", "key"].flatMap { glob(pattern + "/*." + $0) }
        }
        let isGlob = pattern.contains { "*?[".contains($0) }
        if isGlob { return glob(pattern).filter { !isDirectory($0) } }
        return [pattern]
    }

    private static func isDirectory(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    private static func glob(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard Glibc.glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { index in
            found.gl_pathv[index].map { String(cString: $0) }
        }
    }
}
