import Glibc

/// The growing bytes of the stanza that a parser is reading; kept between stanzas.
///
/// Owned by one parser, which is owned by one event loop.
struct CanonicalSink: ~Copyable {
    private var base: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    private var capacity: Int

    private static let initialCapacity = 1024

    init() {
        capacity = Self.initialCapacity
        base = .allocate(capacity: capacity)
    }

    deinit { base.deallocate() }

    /// Forgets the content, and gives back what a large stanza took.
    mutating func reset() {
        count = 0
        guard capacity > 16 * Self.initialCapacity else { return }
        base.deallocate()
        capacity = Self.initialCapacity
        base = .allocate(capacity: capacity)
    }

    func bytes(from start: Int = 0) -> [UInt8] {
        guard start < count else { return [] }
        return Array(UnsafeBufferPointer(start: base + start, count: count - start))
    }

    private mutating func reserve(_ extra: Int) {
        guard count + extra > capacity else { return }
        var wanted = capacity * 2
        while wanted < count + extra { wanted *= 2 }
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: wanted)
        larger.update(from: base, count: count)
        base.deallocate()
        base = larger
        capacity = wanted
    }

    mutating func append(_ byte: UInt8) {
        reserve(1)
        base[count] = byte
        count += 1
    }

    mutating func append(_ bytes: UnsafePointer<UInt8>, count length: Int) {
        reserve(length)
        memcpy(base + count, bytes, length)
        count += length
    }

    mutating func append(_ text: StaticString) {
        append(text.utf8Start, count: text.utf8CodeUnitCount)
    }

    mutating func append(name: UnsafePointer<UInt8>) {
        append(name, count: strlen(UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self)))
    }

    /// Appends character data with the characters escaped that XML gives a meaning.
    mutating func append(
        escaping bytes: UnsafePointer<UInt8>, count length: Int, quoting: Bool
    ) {
        reserve(length)
        var start = 0
        for index in 0..<length {
            let byte = bytes[index]
            // Letters, and all of UTF-8 beyond ASCII, pass without a closer look.
            if byte > UInt8(ascii: ">") { continue }
            guard let reference = XMLEscape.reference(for: byte, quoting: quoting) else { continue }
            append(bytes + start, count: index - start)
            append(reference)
            start = index + 1
        }
        append(bytes + start, count: length - start)
    }
}
