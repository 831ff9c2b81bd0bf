import Foundation
import NIOPosix
import Testing
import XMPPCore
import XMPPStorage

@testable import XMPPConfig
@testable import XMPPEngine

@Suite("HTTP File Upload · XEP-0363")
struct HTTPUploadTests {
    /// Loads what a configuration file has.
    private static func configuration(_ upload: String, _ more: String = "") throws -> Configuration
    {
        let schema = ConfigurationSchema(
            modules: Catalogue.modules.map {
                ConfigurationSchema.Module($0.name, options: $0.options)
            }, requestHandlers: ["mod_http_upload"])
        let text = """
            hosts:
              - example.com
            listen:
              - port: 5443
                module: ejabberd_http
                tls: true
                request_handlers:
                  /upload: mod_http_upload
            \(more)
            modules:
              mod_disco: {}
              mod_http_upload:\(upload)
            """
        return try ConfigurationLoader.load(text: text, named: "test.yml", schema: schema)
            .configuration
    }

    /// A host with the modules of a configuration.
    private func play(
        _ upload: String = " {}", _ more: String = "",
        _ act: (TestHost, TestUser) async throws -> Void
    ) async throws {
        let configuration = try Self.configuration(upload, more)
        try await withHost { host in
            let folder = try TemporaryFolder()
            let facts = ServerFacts(
                version: "test", startedAt: .now, registrations: RegistrationThrottle(interval: 1),
                dataDirectory: folder.path)
            let modules = try #require(configuration.host("example.com")).modules
            for type in Catalogue.modules {
                guard let options = modules[type.name] else { continue }
                type.attach(
                    ModuleContext(
                        host: host.host, options: options, access: configuration.access,
                        server: facts, configuration: { configuration }))
            }
            try await act(host, try await host.user("romeo"))
            for type in Catalogue.modules { type.detach(from: host.host) }
        }
    }

    private func slot(_ attributes: String, id: String = "1") -> String {
        """
        <iq type='get' id='\(id)' to='upload.example.com'>\
        <request xmlns='urn:xmpp:http:upload:0' \(attributes)/></iq>
        """
    }

    /// The addresses of the next answer.
    private func addresses(of answer: Stanza?) throws -> (put: String, get: String) {
        let slot = try #require(answer?.elements.first { $0.is("slot", .httpUpload) })
        return (
            try #require(slot.child("put")?["url"]), try #require(slot.child("get")?["url"])
        )
    }

    private func error(of answer: Stanza?) throws -> Element {
        #expect(answer?.type == .error)
        return try #require(answer?.elements.first { $0.name == "error" })
    }

    @Test("§3: the service says what it is and how large a file may be")
    func discovery() async throws {
        try await play("\n    max_size: 5 MiB") { host, romeo in
            romeo.send(
                """
                <iq type='get' id='1' to='upload.example.com'>\
                <query xmlns='http://jabber.org/protocol/disco#info'/></iq>
                """)
            let query = try #require(await romeo.next()?.elements.first)
            let identity = try #require(query.child("identity"))
            #expect(identity["category"] == "store")
            #expect(identity["type"] == "file")
            let features = query.elements.filter { $0.name == "feature" }.map { $0["var"] }
            #expect(features.contains("urn:xmpp:http:upload:0"))
            #expect(features.contains("urn:xmpp:http:upload:purpose:0#ephemeral"))
            let form = try #require(query.child("x", .dataForms))
            let values = form.elements.map { ($0["var"], $0.child("value")?.text) }
            #expect(values.map(\.0) == ["FORM_TYPE", "max-file-size"])
            #expect(values.map(\.1) == ["urn:xmpp:http:upload:0", "5242880"])
        }
    }

    @Test("§3: without a limit there is no form")
    func discoveryWithoutLimit() async throws {
        try await play("\n    max_size: infinity") { host, romeo in
            romeo.send(
                """
                <iq type='get' id='1' to='upload.example.com'>\
                <query xmlns='http://jabber.org/protocol/disco#info'/></iq>
                """)
            let query = try #require(await romeo.next()?.elements.first)
            #expect(query.child("x", .dataForms) == nil)
        }
    }

    @Test("§3: the host names the service among its items")
    func items() async throws {
        try await play { host, romeo in
            romeo.send(
                """
                <iq type='get' id='1' to='example.com'>\
                <query xmlns='http://jabber.org/protocol/disco#items'/></iq>
                """)
            let query = try #require(await romeo.next()?.elements.first)
            #expect(query.elements.map { $0["jid"] } == ["upload.example.com"])
            #expect(query.elements.map { $0["name"] } == ["HTTP File Upload"])
        }
    }

    @Test("§4: a slot has two addresses with a long random part and the name percent-encoded")
    func slots() async throws {
        try await play { host, romeo in
            romeo.send(slot("filename='très cool.jpg' size='23456' content-type='image/jpeg'"))
            let first = try addresses(of: await romeo.next())
            #expect(first.put == first.get)
            #expect(first.put.hasPrefix("https://example.com:5443/upload/"))
            #expect(first.put.hasSuffix("/tr%C3%A8s%20cool.jpg"))
            let steps = first.put.split(separator: "/")
            let secret = try #require(steps.dropLast().last)
            #expect(secret.utf8.count == 40)
            romeo.send(slot("filename='a' size='1'", id: "2"))
            #expect(try addresses(of: await romeo.next()).put != first.put)
            let kept = try #require(try await host.stores.uploads.upload(String(secret)))
            #expect(kept.owner.text == "romeo@example.com")
            #expect(kept.size == 23456)
            #expect(kept.contentType == "image/jpeg")
            let life = kept.slotEndsAt.milliseconds - Timestamp.now().milliseconds
            #expect((17_900_000...18_000_000).contains(life))
        }
    }

    @Test("put_url and get_url, with the localpart in place of a hash")
    func configuredAddresses() async throws {
        let options = """

                put_url: "https://put.@HOST@/"
                get_url: "https://get.@HOST@/files"
                jid_in_url: node
            """
        try await play(options) { host, romeo in
            romeo.send(slot("filename='a.txt' size='1'"))
            let slot = try addresses(of: await romeo.next())
            #expect(slot.put.hasPrefix("https://put.example.com/romeo/"))
            #expect(slot.get.hasPrefix("https://get.example.com/files/romeo/"))
        }
    }

    @Test("external_secret: the address carries a code for path and size, and nothing is kept")
    func externalSecret() async throws {
        try await play("\n    external_secret: foo\n    put_url: \"https://x.example/up\"") {
            host, romeo in
            romeo.send(slot("filename='a.txt' size='7'"))
            let slot = try addresses(of: await romeo.next())
            let parts = slot.put.split(separator: "?v=")
            let path = try #require(parts.first).dropFirst("https://x.example/up/".count)
            let code = HashFunction.sha256.authenticationCode(
                of: Array("\(path) 7".utf8), key: Array("foo".utf8))
            let digits = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            #expect(try #require(parts.last) == digits)
            #expect(slot.get == "https://x.example/up/\(path)")
            let owner = try await host.account("romeo")
            #expect(try await host.stores.uploads.bytes(of: owner, now: .now()) == 0)
        }
    }

    @Test("§6: a file that is too large is refused with the limit")
    func tooLarge() async throws {
        try await play("\n    max_size: 20000") { host, romeo in
            romeo.send(slot("filename='a' size='20001'"))
            let error = try error(of: await romeo.next())
            #expect(error["type"] == "modify")
            #expect(error.child("not-acceptable", .stanzaErrors) != nil)
            let detail = try #require(error.child("file-too-large", .httpUpload))
            #expect(detail.child("max-file-size")?.text == "20000")
            romeo.send(slot("filename='a' size='20000'", id: "2"))
            _ = try addresses(of: await romeo.next())
        }
    }

    @Test("§6: a type that is not taken is refused; another one may be tried")
    func types() async throws {
        let options =
            "\n    allowed_content_types: [image/*, text/plain]"
            + "\n    refused_content_types: image/svg+xml"
        try await play(options) { host, romeo in
            for type in ["text/html", "image/svg+xml", "application/octet-stream", nil] {
                let stated = type.map { " content-type='\($0)'" } ?? ""
                romeo.send(slot("filename='a.png' size='1'" + stated))
                let error = try error(of: await romeo.next())
                #expect(error["type"] == "modify")
                #expect(error.child("not-acceptable", .stanzaErrors) != nil)
                #expect(error.child("text", .stanzaErrors)?.text.contains("image/*") == true)
                #expect(error.child("file-too-large", .httpUpload) == nil)
            }
            for type in ["image/png", "IMAGE/JPEG", "text/plain; charset=utf-8"] {
                romeo.send(slot("filename='a' size='1' content-type='\(type)'"))
                _ = try addresses(of: await romeo.next())
            }
        }
    }

    @Test(
        "A pattern that is none is an error with its line",
        arguments: [
            "[image/*, pictures]", "image", "[\"*/*\"]", "[image/png; q=1]", "{image: png}", "[1]",
        ])
    func badPattern(value: String) throws {
        for name in ["allowed_content_types", "refused_content_types"] {
            let problems = #expect(throws: ConfigurationErrors.self) {
                try Self.configuration("\n    \(name): \(value)")
            }
            let text = problems?.errors.map(\.description).joined() ?? ""
            #expect(text.contains("test.yml:13: modules.mod_http_upload.\(name)"), "\(text)")
            #expect(text.contains("image/*"))
        }
    }

    @Test("§6: too many open slots are refused with the time to try again")
    func tooManySlots() async throws {
        try await play("\n    max_slots: 2") { host, romeo in
            for id in ["1", "2"] {
                romeo.send(slot("filename='a' size='1'", id: id))
                _ = try addresses(of: await romeo.next())
            }
            romeo.send(slot("filename='a' size='1'", id: "3"))
            let error = try error(of: await romeo.next())
            #expect(error["type"] == "wait")
            #expect(error.child("resource-constraint", .stanzaErrors) != nil)
            let stamp = try #require(error.child("retry", .httpUpload)?["stamp"])
            let moment = try #require(DateTime.moment(stamp))
            #expect(stamp.hasSuffix("Z"))
            #expect(moment > Timestamp.now())
        }
    }

    @Test("§6: beyond the hard quota there is no slot")
    func hardQuota() async throws {
        let rules = """
            shaper_rules:
              hard_upload_quota:
                1: all
            """
        try await play(" {}\n  mod_http_upload_quota: {}", rules) { host, romeo in
            romeo.send(slot("filename='a' size='1000000'"))
            _ = try addresses(of: await romeo.next())
            romeo.send(slot("filename='a' size='100000'", id: "2"))
            let error = try error(of: await romeo.next())
            #expect(error.child("resource-constraint", .stanzaErrors) != nil)
            #expect(error.child("retry", .httpUpload)?["stamp"] != nil)
        }
    }

    @Test("§6: whom the rule leaves out is forbidden to upload")
    func access() async throws {
        let rules = """
            access_rules:
              uploaders:
                allow:
                  user: juliet@example.com
            """
        try await play("\n    access: uploaders", rules) { host, romeo in
            romeo.send(slot("filename='a' size='1'"))
            let error = try error(of: await romeo.next())
            #expect(error["type"] == "auth")
            #expect(error.child("forbidden", .stanzaErrors) != nil)
            let juliet = try await host.user("juliet")
            juliet.send(slot("filename='a' size='1'"))
            _ = try addresses(of: await juliet.next())
        }
    }

    @Test("Without a rule strangers of other servers get nothing")
    func strangers() async throws {
        try await play { host, romeo in
            let stranger = TestComponent("other.example", host.router)
            let iq = Stanza(
                .iq, type: .get, id: "1", from: JID("mab@other.example/x"),
                to: JID("upload.example.com"),
                elements: [
                    Element(
                        "request", .httpUpload, attributes: [("filename", "a"), ("size", "1")])
                ])
            let work = CollectedWork()
            host.router.route(iq, origin: work)
            await work.finish()
            let error = try error(of: await stranger.next())
            #expect(error.child("forbidden", .stanzaErrors) != nil)
        }
    }

    @Test(
        "What is no request for a slot",
        arguments: [
            ("<iq type='set' id='1' to='upload.example.com'>REQUEST</iq>", "bad-request"),
            ("<iq type='get' id='1' to='upload.example.com/x'>REQUEST</iq>", "item-not-found"),
            ("<iq type='get' id='1' to='a@upload.example.com'>REQUEST</iq>", "item-not-found"),
            (
                "<iq type='get' id='1' to='upload.example.com'><x xmlns='urn:x'/></iq>",
                "service-unavailable"
            ),
            (
                "<message id='1' to='upload.example.com'><body>hello</body></message>",
                "service-unavailable"
            ),
        ])
    func otherStanzas(text: String, condition: String) async throws {
        try await play { host, romeo in
            let request = "<request xmlns='urn:xmpp:http:upload:0' filename='a' size='1'/>"
            romeo.send(text.split(separator: "REQUEST").joined(separator: request))
            let error = try error(of: await romeo.next())
            #expect(error.child(condition, .stanzaErrors) != nil)
        }
    }

    @Test("A purpose other than message is kept with the slot")
    func purpose() async throws {
        try await play { host, romeo in
            romeo.send(
                """
                <iq type='get' id='1' to='upload.example.com'>\
                <request xmlns='urn:xmpp:http:upload:0' filename='a' size='1'>\
                <ephemeral xmlns='urn:xmpp:http:upload:purpose:0' \
                expire-before='2999-01-01T00:00:00Z'/></request></iq>
                """)
            let slot = try addresses(of: await romeo.next())
            let secret = try #require(slot.put.split(separator: "/").dropLast().last)
            let kept = try #require(try await host.stores.uploads.upload(String(secret)))
            #expect(kept.purpose == .ephemeral)
            #expect(kept.expiresAt == DateTime.moment("2999-01-01T00:00:00Z"))
        }
    }

    @Test("A module that is taken back leaves no service")
    func detaches() async throws {
        try await play { host, romeo in
            #expect(host.router.route(to: "upload.example.com") != nil)
            for type in Catalogue.modules where type.name == "mod_http_upload" {
                type.detach(from: host.host)
            }
            #expect(host.router.route(to: "upload.example.com") == nil)
        }
    }

    @Test("thumbnail: true warns and does nothing")
    func thumbnail() throws {
        let configuration = try Self.configuration("\n    thumbnail: true")
        let options = try #require(configuration.host("example.com")?.modules["mod_http_upload"])
        #expect(options[HTTPUpload.thumbnail] == false)
    }

    @Test(
        "Options that cannot be",
        arguments: [
            "max_size: lots", "put_url: \"ftp://x\"", "put_url: \"https://\"", "file_mode: \"999\"",
            "dir_mode: rwx", "jid_in_url: md5", "secret_length: 3", "max_slots: 0",
            "get_url: \"https://a b\"", "access: nobody",
        ])
    func badOptions(option: String) {
        #expect(throws: (any Error).self) { try Self.configuration("\n    \(option)") }
    }
}

@Suite("The files of uploads on the disk")
struct UploadFilesTests {
    @Test("What is removable goes from the disk and is forgotten; the rest stays")
    func tidies() async throws {
        try await withHost { host in
            let folder = try TemporaryFolder()
            defer { try? FileManager.default.removeItem(atPath: folder.path + "/f") }
            let values = OptionValues(host: "example.com")
                .setting(HTTPUpload.docroot, to: folder.path)
            let settings = UploadSettings(
                host: "example.com", options: values, quota: nil, rules: AccessControl(),
                dataDirectory: "/nowhere", address: nil)
            let owner = try await host.account("romeo")
            for (id, end) in [("gone", 5), ("kept", nil)] as [(String, Int64?)] {
                let upload = Upload(
                    id: id, owner: owner, host: "example.com", folder: "f", name: "a.txt", size: 1,
                    contentType: nil, purpose: .ephemeral, slotEndsAt: .now(), storedAt: .now(),
                    expiresAt: end.map { Timestamp(milliseconds: $0) })
                _ = try await host.stores.uploads.open(
                    upload, quota: .none, slotsMax: 9, now: .now())
                try folder.write("x", to: "f/\(id)/a.txt")
            }
            await UploadFiles(settings, store: host.stores.uploads).tidy(on: .singleton)
            #expect(!folder.has("f/gone"))
            #expect(folder.has("f/kept/a.txt"))
            #expect(try await host.stores.uploads.upload("gone") == nil)
            #expect(try await host.stores.uploads.upload("kept") != nil)
        }
    }
}

extension TemporaryFolder {
    fileprivate func write(_ text: String, to name: String) throws {
        let file = URL(fileURLWithPath: path + "/" + name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    fileprivate func has(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: path + "/" + name)
    }
}
