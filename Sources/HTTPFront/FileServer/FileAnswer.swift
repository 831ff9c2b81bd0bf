/// The answer to a request for one file: conditions first, then ranges (RFC 9110 §13, §14).
struct FileAnswer {
    /// Several ranges are put together in memory up to this size; a client that wants more of the
    /// file in pieces gets all of it.
    private static let multipartBytesMax: UInt64 = 262_144

    let type: String
    var fields: [HTTPField] = []

    init(type: String) {
        self.type = type
    }

    func send(_ file: OpenFile, coding: ContentCoding?, _ exchange: Exchange) {
        let tag = file.tag(coding: coding)
        let conditions = Preconditions(exchange)
        var all = fields
        all.reserveCapacity(fields.count + 5)
        all.append(HTTPField("ETag", tag))
        all.append(HTTPField("Last-Modified", file.modifiedText))
        switch conditions.outcome(tag: tag, modified: file.modified) {
        case .failed:
            exchange.respond(.preconditionFailed, body: .page(.preconditionFailed))
            return
        case .notModified:
            exchange.respond(
                .notModified, fields: all.filter { $0.name != "Content-Encoding" })
            return
        case .proceed:
            break
        }
        all.append(HTTPField("Accept-Ranges", "bytes"))
        guard exchange.method == .get, let range = exchange.field("Range"),
            conditions.allowsRange(tag: tag, modified: file.modified)
        else { return sendWhole(file, all, exchange) }
        switch ByteRanges.parse(range, size: file.size) {
        case .whole:
            sendWhole(file, all, exchange)
        case .none:
            exchange.respond(
                .rangeNotSatisfiable, fields: [HTTPField("Content-Range", "bytes */\(file.size)")],
                body: .page(.rangeNotSatisfiable))
        case .some(let ranges):
            sendRanges(file, ranges, all, exchange)
        }
    }

    private func sendWhole(
        _ file: OpenFile, _ fields: consuming [HTTPField], _ exchange: Exchange
    ) {
        fields.append(HTTPField("Content-Type", type))
        guard file.size > 0 else {
            exchange.respond(.ok, fields: fields)
            return
        }
        send(.ok, fields, file, 0..<file.size, exchange)
    }

    private func sendRanges(
        _ file: OpenFile, _ ranges: [Range<UInt64>], _ fields: [HTTPField],
        _ exchange: Exchange
    ) {
        if ranges.count == 1 {
            let fields =
                fields + [
                    HTTPField("Content-Type", type), contentRange(ranges[0], file.size),
                ]
            return send(.partialContent, fields, file, ranges[0], exchange)
        }
        // Nobody who chose the file's content could know it.
        let boundary = "range-" + String(UInt64.random(in: .min ... .max), radix: 36)
        let total = ranges.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) }
        guard total <= Self.multipartBytesMax, let body = multipart(file, ranges, boundary)
        else { return sendWhole(file, fields, exchange) }
        let kind = "multipart/byteranges; boundary=\(boundary)"
        exchange.respond(
            .partialContent, fields: fields + [HTTPField("Content-Type", kind)], body: .bytes(body))
    }

    private func multipart(
        _ file: OpenFile, _ ranges: [Range<UInt64>], _ boundary: String
    ) -> [UInt8]? {
        var body: [UInt8] = []
        for range in ranges {
            guard let bytes = file.read(range) else { return nil }
            let place = contentRange(range, file.size)
            body += Array(
                "\r\n--\(boundary)\r\nContent-Type: \(type)\r\n\(place.name): \(place.value)\r\n\r\n"
                    .utf8)
            body += bytes
        }
        return body + Array("\r\n--\(boundary)--\r\n".utf8)
    }

    private func contentRange(_ range: Range<UInt64>, _ size: UInt64) -> HTTPField {
        HTTPField("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)")
    }

    private func send(
        _ status: HTTPStatus, _ fields: [HTTPField], _ file: OpenFile,
        _ range: Range<UInt64>, _ exchange: Exchange
    ) {
        guard let body = file.body(range, isSent: exchange.method == .get) else {
            exchange.respond(.serviceUnavailable, body: .page(.serviceUnavailable))
            return
        }
        exchange.respond(status, fields: fields, body: body)
    }
}

extension Preconditions {
    fileprivate init(_ exchange: Exchange) {
        ifMatch = exchange.field("If-Match")
        ifUnmodifiedSince = exchange.field("If-Unmodified-Since")
        ifNoneMatch = exchange.field("If-None-Match")
        ifModifiedSince = exchange.field("If-Modified-Since")
        ifRange = exchange.field("If-Range")
    }
}
