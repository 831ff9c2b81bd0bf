import Testing

@testable import XMPPConfig

@Suite("What a configuration says of TLS")
struct TLSReadingTests {
    /// Knows options and ciphers that begin with `good`, and files that do.
    private static let judge = TLSJudge(
        protocolOptions: { options in
            if let odd = options.first(where: { !$0.hasPrefix("good") }) {
                return "`\(odd)` is not known"
            }
            return options.count > 2 ? "nothing is left" : nil
        },
        ciphers: { list in
            list.allSatisfy { $0.hasPrefix("good") }
                ? nil : "`\(list.joined(separator: ":"))` is odd"
        },
        authorities: { $0.hasPrefix("good") ? nil : "`\($0)` is not there" },
        certificates: { patterns in
            CertificateFindings(
                patterns.enumerated().filter { !$0.element.hasPrefix("good") }.map { place, name in
                    .init(place, "\(name): odd", isFault: name.hasPrefix("broken"))
                }, hasCertificate: patterns.contains { !$0.hasPrefix("absent") })
        })

    private func load(_ text: String) throws(ConfigurationErrors) -> ConfigurationLoader.Loaded {
        let schema = ConfigurationSchema(modules: [], tls: Self.judge)
        return try ConfigurationLoader.load(
            text: "hosts: [localhost]\n" + text, named: "t.yml", schema: schema)
    }

    private func problems(_ text: String) -> [String] {
        do throws(ConfigurationErrors) {
            _ = try load(text)
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }

    @Test("Faults are told with all others, each with its option's path and line")
    func together() {
        let problems = problems(
            """
            c2s_ciphers: bad
            c2s_protocol_options: [good, odd]
            listen:
              - port: 1
                module: ejabberd_c2s
                protocol_options: [good_a, odd_a, odd_b]
                ciphers: "nosuch"
                tls_verify: true
                cafile: nowhere
                use_proxy_protocol: 3
            loglevl: info
            """)
        let expected = """
            t.yml:2: c2s_ciphers: `bad` is odd
            t.yml:3: c2s_protocol_options[2]: `odd` is not known
            t.yml:7: listen[1].protocol_options[2]: `odd_a` is not known
            t.yml:7: listen[1].protocol_options[3]: `odd_b` is not known
            t.yml:8: listen[1].ciphers: `nosuch` is odd
            t.yml:10: listen[1].cafile: `nowhere` is not there
            t.yml:11: listen[1].use_proxy_protocol: expected `true` or `false`, found `3`
            t.yml:12: loglevl: there is no such option; did you mean `loglevel`?
            """
        #expect(problems.joined(separator: "\n") == expected)
    }

    @Test("Options that are good one by one may not be so together")
    func combination() {
        #expect(
            problems("c2s_protocol_options: [good_a, good_b, good_c]")
                == ["t.yml:2: c2s_protocol_options: nothing is left"])
    }

    @Test("The server's authorities are told where they stand, for listeners that ask for them")
    func authorities() {
        let listener = "listen: [{port: 1, module: ejabberd_c2s, tls_verify: true}]\n"
        #expect(
            problems(listener + "c2s_cafile: nowhere")
                == ["t.yml:3: c2s_cafile: `nowhere` is not there"])
        #expect(
            problems(listener + "ca_file: nowhere") == ["t.yml:3: ca_file: `nowhere` is not there"])
        #expect(problems(listener + "ca_file: good").isEmpty)
        #expect(problems("ca_file: nowhere").isEmpty)
    }

    @Test("Files that are absent are a warning, broken ones a problem")
    func certificates() throws {
        let text = """
            certfiles: [good.pem, absent.pem]
            listen: [{port: 1, module: ejabberd_c2s, starttls: true, certfile: absent.crt}]
            """
        #expect(
            try load(text).warnings.map(\.description) == [
                "t.yml:2: certfiles[2]: absent.pem: odd",
                "t.yml:3: listen[1].certfile: absent.crt: odd",
            ])
        #expect(
            problems("certfiles: [good.pem, broken.pem]")
                == ["t.yml:2: certfiles[2]: broken.pem: odd"])
    }

    @Test("A listener that can never start is a problem")
    func noCertificate() {
        #expect(
            problems("listen: [{port: 1, module: ejabberd_c2s, tls: true, starttls: true}]")
                == [
                    "t.yml:2: listen[1].tls: there is no certificate: neither `certfiles` nor "
                        + "`certfile` names one"
                ])
    }

    @Test(
        "One that starts once its files are there, or without TLS, is a warning",
        arguments: [
            ("certfiles: [absent.pem]", "tls: true", 2),
            ("certfiles: [good.pem]", "tls: true", 0), ("", "starttls: true", 1),
            ("", "starttls_required: true", 1), ("", "tls: false, starttls: false", 0),
        ])
    func waiting(files: String, option: String, count: Int) throws {
        let loaded = try load("\(files)\nlisten: [{port: 1, module: ejabberd_c2s, \(option)}]")
        #expect(loaded.warnings.count == count, "\(loaded.warnings)")
    }
}
