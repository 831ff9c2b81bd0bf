import NIOCore

/// Reads the PROXY protocol header, versions 1 and 2, that a load balancer puts before a stream.
///
/// Feed it what has come so far until it answers; it keeps no bytes itself.
package struct ProxyProtocol {
    /// Longest line of version 1, with its CRLF.
    static let lineBytesMax = 107
    /// Longest body of version 2 that is read; the rest of a longer one would be TLVs.
    static let bodyBytesMax = 4_096

    /// What a header says about the connection.
    package enum Header: Hashable, Sendable {
        /// The proxied client and the address it connected to.
        case proxied(source: SocketAddress, destination: SocketAddress)
        /// LOCAL or UNKNOWN: the connection's own addresses count.
        case unproxied
    }

    /// Why a header is refused; the connection must be closed.
    package enum Failure: Error, Hashable, Sendable {
        /// It begins like neither version.
        case noHeader
        /// Version 1 without CRLF in its 107 bytes.
        case lineTooLong
        /// Version 1 with a wrong field; the name of the field.
        case badField(String)
        /// Version 2 with an unknown version or command.
        case badCommand(UInt8)
        /// Version 2 with an unknown family or transport.
        case badFamily(UInt8)
        /// Version 2 with a body too short for its addresses.
        case bodyTooShort(Int)
        /// Version 2 with a body beyond the limit.
        case bodyTooLong(Int)
        /// The header did not come in time.
        case timedOut
        /// The connection ended before the header did.
        case ended
    }

    package init() {}

    /// Reads the header from the front of the buffer.
    ///
    /// - Parameter buffer: All bytes so far; the header is taken off once it is complete.
    /// - Returns: `nil` while bytes are missing; the buffer is then as it was.
    /// - Throws: As soon as the bytes cannot become a header.
    package func read(_ buffer: inout ByteBuffer) throws(Failure) -> Header? {
        guard let first = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) else {
            return nil
        }
        return first == ProxyV2.signature[0]
            ? try ProxyV2.read(&buffer) : try ProxyV1.read(&buffer)
    }
}

/// Version 1: one line of text.
private enum ProxyV1 {
    private static let prefix = Array("PROXY ".utf8)

    static func read(_ buffer: inout ByteBuffer) throws(ProxyProtocol.Failure)
        -> ProxyProtocol.Header?
    {
        let view = buffer.readableBytesView
        guard view.starts(with: prefix.prefix(view.count)) else { throw .noHeader }
        let line = view.prefix(ProxyProtocol.lineBytesMax)
        guard let end = line.firstIndex(of: UInt8(ascii: "\n")) else {
            if view.count >= ProxyProtocol.lineBytesMax { throw .lineTooLong }
            return nil
        }
        guard end > line.startIndex, line[end - 1] == UInt8(ascii: "\r") else {
            throw .badField("end of line")
        }
        guard let text = String(validating: line[..<(end - 1)], as: UTF8.self) else {
            throw .badField("encoding")
        }
        let header = try parse(text)
        buffer.moveReaderIndex(forwardBy: end - line.startIndex + 1)
        return header
    }

    private static func parse(_ line: String) throws(ProxyProtocol.Failure)
        -> ProxyProtocol.Header
    {
        let fields = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard fields.count > 1 else { throw .badField("protocol") }
        switch fields[1] {
        case "UNKNOWN": return .unproxied
        case "TCP4", "TCP6": break
        default: throw .badField("protocol")
        }
        guard fields.count == 6 else { throw .badField("count") }
        let source = try address(fields[2], port: fields[4], isIPv4: fields[1] == "TCP4")
        let destination = try address(fields[3], port: fields[5], isIPv4: fields[1] == "TCP4")
        return .proxied(source: source, destination: destination)
    }

    private static func address(
        _ text: String, port: String, isIPv4: Bool
    ) throws(ProxyProtocol.Failure) -> SocketAddress {
        let isDecimal = port.utf8.allSatisfy { (0x30...0x39).contains($0) }
        let hasLeadingZero = port.utf8.count > 1 && port.utf8.first == 0x30
        guard isDecimal, !hasLeadingZero, let number = UInt16(port) else {
            throw .badField("port")
        }
        let isClean = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "."),
                UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
                true
            default: false
            }
        }
        guard isClean, let address = try? SocketAddress(ipAddress: text, port: Int(number)),
            address.protocol == (isIPv4 ? .inet : .inet6)
        else { throw .badField("address") }
        return address
    }
}

/// Version 2: 16 bytes, then the addresses and what else the proxy has to say.
private enum ProxyV2 {
    static let signature: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]
    private static let headBytes = 16

    private enum Family {
        case unspecified, inet, inet6, unix

        /// Both addresses, with both ports where there are ports.
        var bytes: Int {
            switch self {
            case .unspecified: 0
            case .inet: 12
            case .inet6: 36
            case .unix: 216
            }
        }
    }

    static func read(_ buffer: inout ByteBuffer) throws(ProxyProtocol.Failure)
        -> ProxyProtocol.Header?
    {
        let view = buffer.readableBytesView
        let known = min(view.count, signature.count)
        guard view.prefix(known).elementsEqual(signature.prefix(known)) else { throw .noHeader }
        var rest = buffer
        rest.moveReaderIndex(forwardBy: known)
        guard let command = rest.readInteger(as: UInt8.self) else { return nil }
        guard command == 0x20 || command == 0x21 else { throw .badCommand(command) }
        guard let code = rest.readInteger(as: UInt8.self) else { return nil }
        let family = try family(code)
        guard let length = rest.readInteger(as: UInt16.self).map(Int.init) else { return nil }
        guard length <= ProxyProtocol.bodyBytesMax else { throw .bodyTooLong(length) }
        let isLocal = command == 0x20
        guard isLocal || length >= family.bytes else { throw .bodyTooShort(length) }
        guard var body = rest.readSlice(length: length) else { return nil }
        let header = isLocal ? .unproxied : try addresses(&body, family)
        buffer.moveReaderIndex(forwardBy: headBytes + length)
        return header
    }

    private static func family(_ code: UInt8) throws(ProxyProtocol.Failure) -> Family {
        switch code {
        case 0x00: return .unspecified
        case 0x11: return .inet
        case 0x21: return .inet6
        case 0x31: return .unix
        default: throw .badFamily(code)  // datagrams, too: no stream comes over them
        }
    }

    private static func addresses(
        _ body: inout ByteBuffer, _ family: Family
    ) throws(ProxyProtocol.Failure) -> ProxyProtocol.Header {
        let size: Int
        switch family {
        case .unspecified: return .unproxied
        case .unix: return try unixAddresses(&body)
        case .inet: size = 4
        case .inet6: size = 16
        }
        guard let from = body.readSlice(length: size), let to = body.readSlice(length: size),
            let (fromPort, toPort) = body.readMultipleIntegers(as: (UInt16, UInt16).self),
            let source = try? SocketAddress(packedIPAddress: from, port: Int(fromPort)),
            let destination = try? SocketAddress(packedIPAddress: to, port: Int(toPort))
        else { throw .bodyTooShort(body.readableBytes) }
        return .proxied(source: source, destination: destination)
    }

    private static func unixAddresses(
        _ body: inout ByteBuffer
    ) throws(ProxyProtocol.Failure) -> ProxyProtocol.Header {
        guard let from = unixPath(&body), let to = unixPath(&body) else {
            throw .badField("address")
        }
        return .proxied(source: from, destination: to)
    }

    private static func unixPath(_ body: inout ByteBuffer) -> SocketAddress? {
        guard let bytes = body.readBytes(length: 108) else { return nil }
        let path = bytes.prefix { $0 != 0 }
        guard path.count < 108, let text = String(validating: path, as: UTF8.self) else {
            return nil
        }
        return try? SocketAddress(unixDomainSocketPath: text)
    }
}
