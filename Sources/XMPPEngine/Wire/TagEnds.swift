/// Finds where tags end in bytes that are cut anywhere, without reading more into them.
///
/// libxml2 looks through an unfinished tag again with each piece it is given: a piece must not end
/// at a `>` inside quotes or text, of which there may be thousands.
struct TagEnds {
    private enum Place {
        case text
        case tag
        /// In an attribute's value, up to this byte.
        case quotes(UInt8)
    }

    private var place = Place.text

    /// The index after the next tag at or behind `start`; the count when none ends there.
    mutating func next(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch place {
            case .text:
                if byte == UInt8(ascii: "<") { place = .tag }
            case .tag:
                if byte == UInt8(ascii: ">") {
                    place = .text
                    return index
                }
                if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") { place = .quotes(byte) }
            case .quotes(let quote):
                if byte == quote { place = .tag }
            }
        }
        return index
    }
}
