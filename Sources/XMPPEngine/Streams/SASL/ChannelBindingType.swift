/// A kind of data that ties a login to the TLS connection it runs in (RFC 5056).
///
/// Listed in order of preference.
package enum ChannelBindingType: String, CaseIterable, Hashable, Sendable {
    /// Exported keying material; TLS 1.3, or 1.2 with extended master secret (RFC 9266).
    case tlsExporter = "tls-exporter"
    /// Hash of the server's certificate (RFC 5929 §4).
    case tlsServerEndPoint = "tls-server-end-point"
}
