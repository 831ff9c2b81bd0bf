import COpenSSL
import NIOCore

/// Owns one `SSL *`: bytes from the peer go in, bytes for the peer come out, no socket.
///
/// Its event loop guards it. OpenSSL reads straight from the buffer that was received and
/// writes into one buffer for the next write, so between reads it keeps none.
package final class TLSConnection {
    /// What reading decrypted gave.
    package struct Received {
        package var plaintext: ByteBuffer
        /// The peer sent close_notify: nothing more will come.
        package var isClosedByPeer = false
    }

    let context: TLSContext
    private let session: OpaquePointer
    /// The host this connection asked for or was opened for: client's SNI, or a stream's `to`.
    private let host: String?
    private var input = ByteBuffer()
    private var output = ByteBuffer()
    private var refusal: TLSError?
    private var identity: TLSIdentity?

    /// Starts a session; the first `handshake()` sends the ClientHello of a client.
    package init(context: TLSContext, host: String?) throws(TLSError) {
        ERR_clear_error()
        guard let session = SSL_new(context.pointer) else { throw .drained() }
        self.context = context
        self.session = session
        self.host = host?.lowercased()
        guard let bio = TLSBuffers.makeBIO() else { throw .drained() }
        BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        SSL_set_bio(session, bio, bio)
        switch context.role {
        case .server:
            SSL_set_accept_state(session)
        case .client(let store):
            SSL_set_connect_state(session)
            if let host { shim_set_server_name(session, host) }
            guard offerProtocols() else { throw .drained() }
            guard let store, let identity = store.identity(for: []) else { return }
            guard identity.install(on: session) else { throw .drained() }
        }
    }

    deinit { SSL_free(session) }

    /// The connection behind a session inside one of OpenSSL's callbacks.
    static func of(_ session: OpaquePointer?) -> TLSConnection? {
        guard let session, let bio = SSL_get_rbio(session) else { return nil }
        return of(bio: bio)
    }

    static func of(bio: OpaquePointer?) -> TLSConnection? {
        guard let bio, let data = BIO_get_data(bio) else { return nil }
        return Unmanaged<TLSConnection>.fromOpaque(data).takeUnretainedValue()
    }

    // MARK: Bytes of the peer

    /// Takes what came from the peer, for the next `handshake()` or `read(_:)`.
    package func receive(_ bytes: ByteBuffer) {
        if input.readableBytes == 0 {
            input = bytes
        } else {
            input.writeImmutableBuffer(bytes)
        }
    }

    /// What must be sent to the peer now, or `nil`; it is handed out once.
    package func takeOutput() -> ByteBuffer? {
        guard output.readableBytes > 0 else { return nil }
        defer { output = ByteBuffer() }
        return output
    }

    fileprivate func consume(into target: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(target.count, input.readableBytes)
        input.readWithUnsafeReadableBytes { bytes in
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(count)))
            return count
        }
        if input.readableBytes == 0 { input = ByteBuffer() }
        return count
    }

    fileprivate func produce(_ bytes: UnsafeRawBufferPointer) { output.writeBytes(bytes) }

    // MARK: Steps

    /// Goes on with the handshake as far as the received bytes allow.
    ///
    /// - Returns: True once it is finished.
    /// - Throws: Why it failed; an alert for the peer may wait in `takeOutput()`.
    package func handshake() throws(TLSError) -> Bool {
        ERR_clear_error()
        let result = SSL_do_handshake(session)
        if result == 1 { return true }
        switch SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return false
        default:
            let drained = TLSError.drainedHandshake()
            throw refusal ?? drained
        }
    }

    /// Decrypts everything that was received.
    package func read(_ allocator: ByteBufferAllocator) throws(TLSError) -> Received {
        var received = Received(plaintext: ByteBuffer())
        while input.readableBytes > 0 || SSL_pending(session) > 0 {
            let room = max(input.readableBytes, Int(SSL_pending(session)))
            if received.plaintext.capacity == 0 {
                received.plaintext = allocator.buffer(capacity: room)
            }
            ERR_clear_error()
            var count = 0
            var result: Int32 = 0
            received.plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
                result = SSL_read_ex(session, target.baseAddress, target.count, &count)
                return count
            }
            if result == 1 { continue }
            switch SSL_get_error(session, result) {
            case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: continue
            case SSL_ERROR_ZERO_RETURN:
                received.isClosedByPeer = true
                input = ByteBuffer()
                return received
            default: throw .drainedTransfer()
            }
        }
        return received
    }

    /// Encrypts into the output, in records as large as they may be.
    package func write(_ plaintext: ByteBuffer) throws(TLSError) {
        let records = plaintext.readableBytes / 16_384 + 1
        output.reserveCapacity(minimumWritableBytes: plaintext.readableBytes + records * 40)
        ERR_clear_error()
        let isWritten = plaintext.withUnsafeReadableBytes { bytes in
            var count = 0
            return bytes.isEmpty
                || SSL_write_ex(session, bytes.baseAddress, bytes.count, &count) == 1
        }
        guard isWritten else { throw .drainedTransfer() }
    }

    /// Puts close_notify into the output (RFC 8446 §6.1); nothing can be written afterwards.
    package func close() {
        ERR_clear_error()
        SSL_shutdown(session)
        ERR_clear_error()
    }
}

// MARK: - What the handshake settles

extension TLSConnection {
    /// Reads the ClientHello's SNI and shows that host's certificate.
    fileprivate static let sessionContextMax = 32

    func chooseIdentity(alert: UnsafeMutablePointer<Int32>?) -> Int32 {
        guard case .server(let store) = context.role else { return SSL_CLIENT_HELLO_ERROR }
        var bytes: UnsafePointer<UInt8>?
        var count = 0
        var named: String?
        if SSL_client_hello_get0_ext(session, UInt32(TLSEXT_TYPE_server_name), &bytes, &count) == 1
        {
            named = ServerName.read(UnsafeBufferPointer(start: bytes, count: count))
        }
        let hosts = [named, host].compactMap { $0 }
        guard let identity = store.identity(for: hosts), identity.install(on: session) else {
            refusal = .noCertificate(host: hosts.first)
            alert?.pointee = SSL_AD_UNRECOGNIZED_NAME
            return SSL_CLIENT_HELLO_ERROR
        }
        self.identity = identity
        // A session is resumed only under the certificate it began with.
        let scope = identity.facts.fingerprint.prefix(Self.sessionContextMax)
        SSL_set_session_id_context(session, Array(scope), UInt32(scope.count))
        return SSL_CLIENT_HELLO_SUCCESS
    }

    fileprivate func offerProtocols() -> Bool {
        let names = context.profile.applicationProtocols.filter { $0.utf8.count < 256 }
        guard !names.isEmpty else { return true }
        let wire = names.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        return SSL_set_alpn_protos(session, wire, UInt32(wire.count)) == 0
    }

    /// What a finished handshake settled.
    package func facts() -> TLSFacts {
        let peer = peerCertificate()
        let isServer = if case .server = context.role { true } else { false }
        let binding = isServer ? identity?.endPointBinding : peer?.endPointBinding
        return TLSFacts(
            version: String(cString: SSL_get_version(session)),
            cipher: SSL_CIPHER_get_name(SSL_get_current_cipher(session)).map {
                String(cString: $0)
            } ?? "",
            serverName: SSL_get_servername(session, TLSEXT_NAMETYPE_host_name).map {
                String(cString: $0).lowercased()
            },
            applicationProtocol: applicationProtocol(),
            isResumed: SSL_session_reused(session) == 1,
            peer: peer.map(verified), exporterBinding: exporterBinding(),
            serverEndPointBinding: binding)
    }

    private func peerCertificate() -> X509Certificate? {
        SSL_get1_peer_certificate(session).map { X509Certificate(adopting: $0) }
    }

    private func verified(_ certificate: X509Certificate) -> PeerCertificate {
        let verdict = SSL_get_verify_result(session)
        let distrust =
            verdict == X509_V_OK
            ? nil : X509_verify_cert_error_string(verdict).map { String(cString: $0) } ?? "unknown"
        return PeerCertificate(
            names: CertificateNames(of: certificate), distrust: distrust,
            fingerprint: certificate.digest(EVP_sha256()))
    }

    private func applicationProtocol() -> String? {
        var start: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(session, &start, &count)
        guard let start, count > 0 else { return nil }
        return String(decoding: UnsafeBufferPointer(start: start, count: Int(count)), as: UTF8.self)
    }

    /// RFC 9266 §2 and §4.2: TLS 1.2 only with the extended master secret.
    private func exporterBinding() -> [UInt8]? {
        let isNew = SSL_version(session) >= TLS1_3_VERSION
        guard isNew || shim_has_extended_master_secret(session) == 1 else { return nil }
        let label = "EXPORTER-Channel-Binding"
        var bytes = [UInt8](repeating: 0, count: 32)
        let result = SSL_export_keying_material(
            session, &bytes, bytes.count, label, label.utf8.count, [], 0, 1)
        return result == 1 ? bytes : nil
    }
}

// MARK: - OpenSSL's view of the buffers

/// The BIO through which sessions reach the buffers of their `TLSConnection`.
private enum TLSBuffers {
    private struct BIOMethod: @unchecked Sendable {
        // Sendable because the method table is written once, before its first use, and never freed.
        let pointer: OpaquePointer?
    }

    private static let method: BIOMethod = {
        let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "byte buffers")
        BIO_meth_set_read(method) { bio, target, count in
            shim_clear_retry(bio)
            guard let target, count > 0, let owner = TLSConnection.of(bio: bio) else { return -1 }
            let room = UnsafeMutableRawBufferPointer(start: target, count: Int(count))
            let taken = owner.consume(into: room)
            if taken == 0 { shim_retry_read(bio) }
            return taken == 0 ? -1 : Int32(taken)
        }
        BIO_meth_set_write(method) { bio, source, count in
            shim_clear_retry(bio)
            guard let source, count > 0, let owner = TLSConnection.of(bio: bio) else { return -1 }
            owner.produce(UnsafeRawBufferPointer(start: source, count: Int(count)))
            return count
        }
        BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        return BIOMethod(pointer: method)
    }()

    static func makeBIO() -> OpaquePointer? {
        guard let method = method.pointer, let bio = BIO_new(method) else { return nil }
        BIO_set_init(bio, 1)
        return bio
    }
}
