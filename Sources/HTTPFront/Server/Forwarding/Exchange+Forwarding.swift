import XMPPConfig

/// Whom a request comes from, when a proxy sent it.
extension Exchange {
    /// Whether somebody passes the request on, trusted or not: who asks is then not who connected.
    package var isForwarded: Bool {
        if forwarded != nil || connection.isProxied { return true }
        return [
            "X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Proto",
            "X-Forwarded-Host",
        ].contains { field($0) != nil }
    }

    /// Believes what a trusted proxy says; `nil` when the request may be handled.
    func readForwarding() -> HTTPStatus? {
        guard connection.isTrustedProxy, let fields = forwardingFields() else { return nil }
        let trust = connection.server.door.trustedProxies()
        let client: ForwardedClient?
        do throws(ForwardingFields.Contradiction) {
            client = try fields.client(behind: connection.peer) { trust.trusts($0) }
        } catch {
            return .badRequest
        }
        guard let client else { return nil }
        if let host = client.host, !host.isAuthority { return .badRequest }
        guard connection.server.enter(forwarded: client.address) else { return .tooManyRequests }
        forwarded = client
        return nil
    }

    /// The request does not count for its client any more; what it was upgraded to does.
    func leaveCounts() {
        guard let forwarded else { return }
        if connection.isHandedOver {
            connection.forwardedPeer = forwarded.address
        } else {
            connection.server.leave(forwarded.address)
        }
    }

    /// `nil` without any of them.
    private func forwardingFields() -> ForwardingFields? {
        var fields = ForwardingFields()
        var isSaid = false
        request?.eachField { name, value in
            guard let first = name.first, first | 0x20 == 0x66 || first | 0x20 == 0x78 else {
                return true  // neither F… nor X…
            }
            func add(_ list: WritableKeyPath<ForwardingFields, [String]>) {
                fields[keyPath: list].append(String(decoding: value, as: UTF8.self))
                isSaid = true
            }
            switch name.count {
            case 9 where name.equalsIgnoringCase("Forwarded"): add(\.forwarded)
            case 9 where name.equalsIgnoringCase("X-Real-IP"): add(\.realAddress)
            case 15 where name.equalsIgnoringCase("X-Forwarded-For"): add(\.addresses)
            case 16 where name.equalsIgnoringCase("X-Forwarded-Host"): add(\.hosts)
            case 17 where name.equalsIgnoringCase("X-Forwarded-Proto"): add(\.schemes)
            default: break
            }
            return true
        }
        return isSaid ? fields : nil
    }
}

extension String {
    /// Whether it may stand in `Host` (RFC 9112 §3.2), as far as its characters go.
    fileprivate var isAuthority: Bool {
        utf8.allSatisfy { $0.isTokenCharacter || $0 == 0x3a || $0 == 0x5b || $0 == 0x5d }
    }
}
