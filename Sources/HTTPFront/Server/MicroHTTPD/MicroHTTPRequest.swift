import CMicroHTTPD

/// A request as libmicrohttpd keeps it; valid until the request has ended.
struct MicroHTTPRequest {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    /// Calls `body` with the first field of that name, compared without case.
    func withField<Result>(
        _ name: StaticString, _ body: (UnsafeRawBufferPointer?) -> Result
    ) -> Result {
        name.withUTF8Buffer { name in
            name.withMemoryRebound(to: CChar.self) { withField($0, body) }
        }
    }

    func withField<Result>(
        named name: String, _ body: (UnsafeRawBufferPointer?) -> Result
    ) -> Result {
        var name = name
        return name.withUTF8 { name in
            name.withMemoryRebound(to: CChar.self) { withField($0, body) }
        }
    }

    private func withField<Result>(
        _ name: UnsafeBufferPointer<CChar>, _ body: (UnsafeRawBufferPointer?) -> Result
    ) -> Result {
        var value: UnsafePointer<CChar>?
        var count = 0
        let found = MHD_lookup_connection_value_n(
            pointer, .HEADER_KIND, name.baseAddress, name.count, &value, &count)
        guard found == .YES, let value else { return body(nil) }
        return body(UnsafeRawBufferPointer(start: value, count: count))
    }

    /// Calls `body` with each header field in order, until it returns false.
    func eachField(
        _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool
    ) {
        withoutActuallyEscaping(body) { body in
            var visitor = FieldVisitor(body: body)
            withUnsafeMutablePointer(to: &visitor) { visitor in
                _ = MHD_get_connection_values_n(
                    pointer, .HEADER_KIND,
                    { context, _, name, nameCount, value, valueCount in
                        guard let context, let name else { return .NO }
                        let visitor = context.assumingMemoryBound(to: FieldVisitor.self)
                        let goOn = visitor.pointee.body(
                            UnsafeRawBufferPointer(start: name, count: nameCount),
                            UnsafeRawBufferPointer(
                                start: value, count: value == nil ? 0 : valueCount))
                        return goOn ? .YES : .NO
                    }, visitor)
            }
        }
    }

    /// Bytes from the method to the empty line after the fields, both included.
    var headSize: Int { martlet_http_head_size(pointer) }
}

private struct FieldVisitor {
    let body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
}

/// The release of libmicrohttpd in use.
enum MicroHTTPRelease {
    /// True when the library itself tells bare LF and folded lines from proper ones (from 1.0 on).
    static let checksLineEnds: Bool = {
        guard let text = MHD_get_version() else { return false }
        return !String(cString: text).hasPrefix("0.")
    }()
}
