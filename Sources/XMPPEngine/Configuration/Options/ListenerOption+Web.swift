/// What one client of the web may use, who may call from other sites, and hosts by other names.
extension ListenerOption {
    package static let maxURISize = Option<ByteCount>(
        "max_uri_size", default: 2048, in: 64...4096, scope: .server,
        "The longest target of a request; a longer one is answered with 414.")

    package static let maxHeaderFields = Option<Int>(
        "max_header_fields", default: 64, in: 8...256, scope: .server,
        "The most header fields of a request; more are answered with 431, as is a head of more than"
            + " 5 KiB, where each field counts 64 bytes more than it has.")

    package static let maxBodySize = Option<Limit<ByteCount>>(
        "max_body_size", default: .infinity, scope: .server,
        "The longest body of a request where its handler would take more; a longer one is answered"
            + " with 413.")

    package static let headerTimeout = Option<Duration>(
        "header_timeout", default: .seconds(20), in: .seconds(1)...(.seconds(600)), scope: .server,
        "How long a new connection may take for the TLS handshake, and for its first request head;"
            + " then it is answered with 408.")

    package static let bodyTimeout = Option<Duration>(
        "body_timeout", default: .seconds(30), in: .seconds(1)...(.seconds(600)), scope: .server,
        "How long a body may take, besides what `min_transfer_rate` allows for its size.")

    package static let keepAliveTimeout = Option<Duration>(
        "keepalive_timeout", default: .seconds(75), in: .seconds(1)...(.seconds(3600)),
        scope: .server,
        "How long a connection may wait for its next request.")

    package static let minTransferRate = Option<Int>(
        "min_transfer_rate", default: 1024, in: 16...1_048_576, scope: .server,
        "Bytes a second; a client that sends or reads a body more slowly is cut off.")

    package static let corsOrigins = Option<[String]?>(
        "cors_origins", default: nil, as: .optional(.origins), scope: .server,
        "The sites whose pages may call the handlers of this listener, as"
            + " `https://chat.example.org`; `all` are any; the handlers'"
            + " own `cors_origins` come first. Each handler's own choice when left out."
    )

    package static let defaultHost = Option<String?>(
        "default_host", default: nil, scope: .server,
        "The host that is meant by requests for a name that is none of `hosts`; the first when left"
            + " out.")
}

extension OptionType where Value == [String] {
    /// Web origins (RFC 6454 §6.2), or the word `all`.
    static var origins: OptionType {
        let list = OptionType<[String]>.listOrSingle(of: .any)
        return OptionType(
            name: "`all`, or a list of origins (`https://chat.example.org`)", text: list.text,
            read: { node, reader in
                guard let origins = list.read(node, reader) else { return nil }
                guard let wrong = origins.first(where: { !isOrigin($0) }), origins != ["all"] else {
                    return origins
                }
                reader.fail(node, "`\(wrong.shortened)` is no origin (`https://chat.example.org`)")
                return nil
            })
    }

    /// Lower case, without a path: exactly as browsers send it.
    private static func isOrigin(_ text: String) -> Bool {
        for scheme in ["https://", "http://"] where text.hasPrefix(scheme) {
            let rest = text.dropFirst(scheme.count)
            return !rest.isEmpty
                && rest.utf8.allSatisfy { byte in
                    (0x61...0x7a).contains(byte) || (0x30...0x3a).contains(byte)
                        || byte == 0x2d || byte == 0x2e || byte == 0x5b || byte == 0x5d
                }
        }
        return false
    }
}
