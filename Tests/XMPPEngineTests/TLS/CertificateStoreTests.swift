import Foundation
import Testing

@testable import XMPPEngine

@Suite("Certificate store")
struct CertificateStoreTests {
    let folder: CertificateFolder
    let pem: String

    init() throws {
        folder = try CertificateFolder()
        pem = try folder.certificate("verona.example")
    }

    /// The blocks of a PEM file by name.
    private func block(_ name: String, of file: String = "server.pem") throws -> String {
        let text = try folder.read(file)
        let start = try #require(text.range(of: "-----BEGIN \(name)-----"))
        let end = try #require(text.range(of: "-----END \(name)-----\n"))
        return String(text[start.lowerBound..<end.upperBound])
    }

    @Test("A self-signed certificate names its hosts and what is below them, in a private file")
    func selfSigned() throws {
        let store = try CertificateStore(files: [pem])
        let facts = try #require(store.certificates.first)
        #expect(facts.names.hosts == ["verona.example", "*.verona.example"])
        #expect(facts.isSelfIssued && store.warnings.isEmpty)
        #expect(facts.validity.contains(Int64(Date().timeIntervalSince1970)))
        let attributes = try FileManager.default.attributesOfItem(atPath: pem)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test(
        "Hosts that no certificate can name are refused",
        arguments: ["", "a,DNS:b", "a b", "a..b", "ä.example", "a\nb", "-\u{0}"])
    func badHosts(host: String) throws {
        #expect(throws: CertificateError.badHost(host)) {
            try SelfSignedCertificate.make(hosts: [host], into: folder.path + "/x.pem")
        }
    }

    @Test("Key and certificate are found in any order, in one file, two, a folder or a glob")
    func places() throws {
        let certificate = try block("CERTIFICATE")
        let key = try block("PRIVATE KEY")
        let turned = try folder.write("text\n" + certificate + "more\n" + key, "turned.pem")
        let crt = try folder.write(certificate, "a.crt")
        let keyFile = try folder.write(key, "b.key")
        for files in [
            [turned], [crt, keyFile], [keyFile, crt], [folder.path], [folder.path + "/t*"],
        ] {
            let store = try CertificateStore(files: files)
            #expect(store.certificates.count == 1)
            #expect(store.certificate(for: "Verona.example") != nil)
        }
    }

    @Test("RFC 6125 §6.4.3: a wildcard covers one label, an exact name wins over it")
    func wildcards() throws {
        let other = try folder.certificate("chat.verona.example", file: "chat.pem")
        let store = try CertificateStore(files: [pem, other])
        #expect(store.certificate(for: "chat.verona.example")?.file == other)
        #expect(store.certificate(for: "x.verona.example")?.file == pem)
        #expect(store.certificate(for: "x.chat.verona.example")?.file == other)
        #expect(store.certificate(for: "x.y.verona.example") == nil)
        #expect(store.certificate(for: "example") == nil)
        #expect(store.certificate(for: ".verona.example") == nil)
    }

    @Test("A chain is put together from files in any order, without its root")
    func chain() throws {
        try openSSL(["version"])
        let script = [
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", "/CN=Root", "-keyout", "root.key", "-out", "root.crt",
            ],
            [
                "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", "/CN=Middle", "-keyout", "middle.key", "-out", "middle.csr",
            ],
            [
                "x509", "-req", "-in", "middle.csr", "-CA", "root.crt", "-CAkey", "root.key",
                "-CAcreateserial", "-extfile", "ca.cnf", "-out", "middle.crt",
            ],
            [
                "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=padua.example",
                "-keyout", "leaf.key", "-out", "leaf.csr",
            ],
            [
                "x509", "-req", "-in", "leaf.csr", "-CA", "middle.crt", "-CAkey", "middle.key",
                "-CAcreateserial", "-out", "leaf.crt",
            ],
        ]
        _ = try folder.write("basicConstraints=critical,CA:TRUE\n", "ca.cnf")
        for arguments in script { try openSSL(arguments, in: folder.path) }
        let files = ["root.crt", "middle.crt", "leaf.crt", "leaf.key"].map {
            folder.path + "/" + $0
        }
        let store = try CertificateStore(files: files)
        let facts = try #require(store.certificate(for: "padua.example"))
        #expect(facts.issuer.hasSuffix("CN=Middle"))
        let pair = try TLSPair(
            store: store, clientProfile: TLSProfile(authoritiesFile: files[0]),
            sni: "padua.example")
        try pair.run()
        #expect(pair.client.recorder.facts?.peer?.isTrusted == true)
        #expect(
            pair.client.recorder.facts?.serverEndPointBinding
                == pair.server.recorder.facts?.serverEndPointBinding)
    }

    @Test("Broken files are named with what is wrong")
    func broken() throws {
        let certificate = try block("CERTIFICATE")
        let key = try block("PRIVATE KEY")
        try folder.certificate("mantua.example", file: "other.pem")
        let otherKey = try block("PRIVATE KEY", of: "other.pem")
        _ = try folder.write(key, "plain.key")
        try openSSL(
            ["pkcs8", "-topk8", "-in", "plain.key", "-out", "locked.key", "-passout", "pass:x"],
            in: folder.path)
        let mismatch = try folder.write(certificate + otherKey, "mismatch.pem")
        let alone = try folder.write(certificate, "alone.pem")
        let cut = try folder.write(certificate.prefix(300) + "\n-----END CERTIFICATE-----\n", "cut")
        let empty = try folder.write("", "empty.pem")
        let locked = folder.path + "/locked.key"
        #expect(throws: CertificateError.keyWithoutCertificate(file: mismatch)) {
            try CertificateStore(files: [mismatch])
        }
        #expect(throws: CertificateError.certificateWithoutKey(file: alone)) {
            try CertificateStore(files: [alone])
        }
        #expect(throws: CertificateError.encryptedKey(file: locked)) {
            try CertificateStore(files: [locked, alone])
        }
        #expect(
            throws: CertificateError.malformed(file: empty, reason: "no certificate and no key")
        ) { try CertificateStore(files: [empty]) }
        #expect(
            throws: CertificateError.unreadable(
                file: "/nowhere.pem", reason: "No such file or directory")
        ) { try CertificateStore(files: ["/nowhere.pem"]) }
        #expect {
            try CertificateStore(files: [cut])
        } throws: { if case .malformed(cut, _) = $0 as? CertificateError { true } else { false } }
    }

    @Test("An expired certificate is warned of, and gives way to a valid one")
    func expired() throws {
        let old = folder.path + "/old.pem"
        try SelfSignedCertificate.make(hosts: ["verona.example"], into: old, validDays: -1)
        let alone = try CertificateStore(files: [old])
        let end = try #require(alone.certificates.first?.validity.upperBound)
        #expect(alone.warnings == [.expired(file: old, at: end)])
        let both = try CertificateStore(files: [old, pem])
        #expect(both.certificate(for: "verona.example")?.file == pem)
        #expect(both.certificates.count == 2)
    }

    @Test("A reload serves the new certificate to new sessions and keeps the live ones")
    func reload() throws {
        let store = try CertificateStore(files: [pem])
        let context = try TLSContext(.server(store), profile: .startTLS)
        let live = try pair(context)
        let old = live.client.recorder.facts?.peer?.fingerprint
        try folder.certificate("verona.example")
        try store.reload()
        let fresh = try pair(context)
        #expect(fresh.client.recorder.facts?.peer?.fingerprint != old)
        live.client.send("<still-here/>")
        try live.run()
        #expect(live.server.recorder.text == "<still-here/>")
    }

    @Test("A reload with a broken file reports it and changes nothing")
    func brokenReload() throws {
        let store = try CertificateStore(files: [pem])
        let before = store.certificates
        _ = try folder.write("broken", "server.pem")
        #expect(throws: CertificateError.malformed(file: pem, reason: "no certificate and no key"))
        { try store.reload() }
        #expect(store.certificates == before)
    }

    private func pair(_ context: TLSContext) throws -> TLSPair {
        let pair = try TLSPair(server: context)
        try pair.run()
        return pair
    }
}

extension TLSPair {
    init(server context: TLSContext) throws {
        server = try TLSEnd(context)
        client = try TLSEnd(TLSContext(.client(nil), profile: .startTLS))
    }
}
