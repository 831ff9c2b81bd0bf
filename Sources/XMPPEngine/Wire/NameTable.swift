/// Turns libxml2's interned names into strings without making them again for every element.
///
/// A parser's dictionary gives equal names the same pointer for as long as the parser lives.
/// Owned by one parser.
struct NameTable {
    private struct Entry {
        var pointer: UnsafePointer<UInt8>?
        var text: String
    }

    private static let size = 128
    private var entries = [Entry](repeating: Entry(pointer: nil, text: ""), count: size)

    mutating func text(_ pointer: UnsafePointer<UInt8>) -> String {
        let slot = Int(bitPattern: UInt(bitPattern: pointer) >> 3) & (Self.size - 1)
        if entries[slot].pointer == pointer { return entries[slot].text }
        let text = String(cString: pointer)
        entries[slot] = Entry(pointer: pointer, text: text)
        return text
    }
}
