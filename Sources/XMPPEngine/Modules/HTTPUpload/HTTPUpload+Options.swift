import XMPPConfig

/// What can be set, in the names of ejabberd.
extension HTTPUpload {
    static let hostName = Option<String>(
        "host", default: "upload.@HOST@", "The domain of the service.")

    static let hosts = Option<[String]>(
        "hosts", default: [], "The domains of the service, in place of `host`.")

    static let displayName = Option<String>(
        "name", default: "HTTP File Upload", "What the service calls itself.")

    static let access = Option<RuleReference?>(
        "access", default: nil,
        "Who may upload; whoever has an account on this server when left out.")

    static let maxSize = Option<Limit<ByteCount>>(
        "max_size", default: .at(ByteCount(104_857_600)), "The largest file.")

    static let allowedTypes = Option<[MediaRange]?>(
        "allowed_content_types", default: nil, as: .optional(.listOrSingle(of: .any)),
        "The only types of files that may be uploaded, such as `image/*`; any when left out. A file"
            + " whose type the client does not name counts as `application/octet-stream`.")

    static let refusedTypes = Option<[MediaRange]>(
        "refused_content_types", default: [], as: .listOrSingle(of: .any),
        "Types of files that may not be uploaded, also when they are allowed.")

    static let maxSlots = Option(
        "max_slots", default: 50, in: 1...1000,
        "How many uploads an account may have announced and not finished.")

    static let docroot = Option<String>(
        "docroot", default: "upload",
        "The folder for the files; a relative path begins at the data directory. @HOME@ and @HOST@"
            + " are replaced.")

    static let putURL = Option<String?>(
        "put_url", default: nil, as: .optional(.webAddress),
        "Where clients send files to, such as `https://files.example.org/upload`. When left out it is"
            + " where a listener with TLS has `mod_http_upload`; else, with `trusted_proxies`,"
            + " `https://@HOST@` with the listener's path, for a proxy at port 443; else a listener"
            + " without TLS.")

    static let getURL = Option<String?>(
        "get_url", default: nil, as: .optional(.webAddress),
        "Where clients get files from; `put_url` when left out.")

    static let customHeaders = Option<[String: String]>(
        "custom_headers", default: [:], "Header fields added to every answer.")

    static let fileMode = Option<String?>(
        "file_mode", default: nil, as: .optional(.fileMode),
        "The permissions of files, in octal; `\"0640\"` when left out.")

    static let dirMode = Option<String?>(
        "dir_mode", default: nil, as: .optional(.fileMode),
        "The permissions of folders, in octal; `\"0750\"` when left out.")

    static let jidInURL = Option<UploadFolderName>(
        "jid_in_url", default: .sha1,
        "What stands for the owner in addresses: a hash of the bare JID, or its localpart.")

    static let secretLength = Option(
        "secret_length", default: 40, in: 8...128,
        "How many random letters and digits make an address unguessable.")

    static let externalSecret = Option<String?>(
        "external_secret", default: nil,
        "A key shared with another service that takes the files at `put_url`: each address then"
            + " carries a code for path and size (HMAC-SHA-256).")

    static let removesOnUnregister = Option<Bool>(
        "rm_on_unregister", default: true, "Whether the files of a removed account go with it.")

    static let thumbnail = Option<Bool>(
        "thumbnail", default: false, as: .falseOnly,
        "Only `false`: small images are made by clients.")

    static let vCard = Option<ConfigurationNode?>(
        "vcard", default: nil, as: .optional(.any),
        "The service's vCard: a map of vCard names in lower case.")
}

extension OptionType where Value == String {
    /// An address of the web.
    fileprivate static var webAddress: OptionType {
        .only("an address that begins with `https://` or `http://`") { text in
            let rest = ["https://", "http://"].first { text.hasPrefix($0) }.map {
                text.dropFirst($0.count)
            }
            guard let rest, !rest.isEmpty else { return false }
            return text.utf8.allSatisfy {
                $0 > 0x20 && $0 < 0x7f && !"\"<>\\^`{|}".utf8.contains($0)
            }
        }
    }

    fileprivate static var fileMode: OptionType {
        .only("an octal mode in quotes (`\"0644\"`)") { text in
            (3...4).contains(text.utf8.count) && UInt32(text, radix: 8).map { $0 <= 0o777 } == true
        }
    }
}

extension OptionType where Value == Bool {
    /// Takes `true` too, and says that it does nothing.
    fileprivate static var falseOnly: OptionType {
        OptionType(
            name: "`false`", text: \.configurationText,
            read: { node, reader in
                guard let value = Bool.read(node, with: reader) else { return nil }
                if value { reader.warn(node, "has no effect: small images are made by clients") }
                return false
            })
    }
}
