import XMPPConfig

/// What trusted proxies say of the client they speak for.
final class ForwardedClient {
    let address: PeerAddress
    /// Whether the client came over TLS; `nil` when they do not say.
    let isSecure: Bool?
    /// The authority that the client asked for; `nil` when they do not say.
    let host: String?

    init(address: PeerAddress, isSecure: Bool?, host: String?) {
        self.address = address
        self.isSecure = isSecure
        self.host = host
    }
}

/// The fields in which proxies say whom they speak for, as they came.
struct ForwardingFields {
    /// `Forwarded` (RFC 7239), the values of all its lines.
    var forwarded: [String] = []
    /// `X-Forwarded-For`, `-Proto` and `-Host`.
    var addresses: [String] = []
    var schemes: [String] = []
    var hosts: [String] = []
    /// `X-Real-IP`, which counts without any other.
    var realAddress: [String] = []

    /// Two ways to say it that contradict each other, or words that mean nothing.
    ///
    /// A proxy that writes one kind of field passes the others on as the client wrote them, so a
    /// contradiction is a client that lies.
    struct Contradiction: Error, Equatable {}

    /// The last address on the way that is not a trusted proxy's, and what goes with it.
    ///
    /// - Parameters:
    ///   - peer: Who sent the request; trusted.
    ///   - trusts: Whether an address is a trusted proxy's.
    /// - Returns: `nil` when the fields say nothing.
    /// - Throws: When they contradict each other.
    func client(
        behind peer: PeerAddress, trusts: (IPAddress) -> Bool
    ) throws(Contradiction) -> ForwardedClient? {
        let standard = try forwarded.isEmpty ? [] : ForwardedElements.read(forwarded)
        let usual = usualHops()
        let first = Self.client(behind: peer, standard, trusts: trusts)
        let second = Self.client(behind: peer, usual, trusts: trusts)
        guard let first, let second else { return first ?? second }
        let isSameHost = first.host == nil || second.host == nil || first.host == second.host
        let isSameScheme =
            first.isSecure == nil || second.isSecure == nil || first.isSecure == second.isSecure
        let isSameAddress =
            !usual.contains { $0.isNamed } || !standard.contains { $0.isNamed }
            || first.address.isSameHost(as: second.address)
        guard isSameHost, isSameScheme, isSameAddress else { throw Contradiction() }
        let isStandard = standard.contains { $0.isNamed }
        return ForwardedClient(
            address: isStandard ? first.address : second.address,
            isSecure: first.isSecure ?? second.isSecure, host: first.host ?? second.host)
    }

    private static func client(
        behind peer: PeerAddress, _ hops: [ForwardingHop], trusts: (IPAddress) -> Bool
    ) -> ForwardedClient? {
        guard var hop = hops.last else { return nil }
        var address = peer
        for next in hops.reversed() {
            hop = next
            // Where a proxy does not know, or does not say, nothing before it can be believed.
            guard let named = next.address else { break }
            address = named
            guard let ip = named.ip, trusts(ip) else { break }
        }
        return ForwardedClient(
            address: address, isSecure: hop.scheme.map { $0 == "https" || $0 == "wss" },
            host: hop.host)
    }

    /// `X-Forwarded-…` as the hops that wrote it: each adds to the address; some add to the others,
    /// some write them anew.
    private func usualHops() -> [ForwardingHop] {
        var addresses = Self.list(addresses)
        if addresses.isEmpty, forwarded.isEmpty { addresses = Self.list(realAddress).suffix(1) }
        let schemes = Self.list(schemes).map { $0.lowercased() }
        let hosts = Self.list(hosts)
        guard !addresses.isEmpty else {
            guard !schemes.isEmpty || !hosts.isEmpty else { return [] }
            return [
                ForwardingHop(
                    address: nil, isNamed: false, scheme: schemes.last, host: hosts.last)
            ]
        }
        func matching(_ values: [String], _ index: Int) -> String? {
            values.count == addresses.count ? values[index] : values.last
        }
        return addresses.enumerated().map { index, address in
            ForwardingHop(
                address: PeerAddress(forwarded: address), isNamed: true,
                scheme: matching(schemes, index), host: matching(hosts, index))
        }
    }

    private static func list(_ lines: [String]) -> [String] {
        lines.flatMap { $0.split(separator: ",") }.map { text in
            String(text.drop { $0 == " " || $0 == "\t" }).trimmedEnd
        }.filter { !$0.isEmpty }
    }
}

/// What one proxy on the way says of who asked it.
struct ForwardingHop: Equatable {
    /// `nil` when it does not know or does not say.
    var address: PeerAddress?
    /// Whether the field speaks of addresses at all.
    var isNamed: Bool
    /// Lower case.
    var scheme: String?
    var host: String?
}

extension String {
    fileprivate var trimmedEnd: String {
        var text = self[...]
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}

extension PeerAddress {
    /// Reads `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
    init?(forwarded text: String) {
        if let address = IPAddress(text) {
            self.init(address)
            return
        }
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard let address = IPAddress(String(text[..<colon])),
            !address.isV6 || text.hasPrefix("["), (1...5).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits)
        else { return nil }
        self.init(address, port: port)
    }

    /// Compares without ports, which proxies leave out.
    func isSameHost(as other: PeerAddress) -> Bool { ip == other.ip }
}
