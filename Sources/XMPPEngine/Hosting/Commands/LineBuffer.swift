/// Cuts a byte stream into lines of limited length.
struct LineBuffer {
    private let lineBytesMax: Int
    private var pending: [UInt8] = []

    init(lineBytesMax: Int) { self.lineBytesMax = lineBytesMax }

    enum Answer: Equatable {
        /// A line, without its line feed.
        case line([UInt8])
        case needsMore
        /// More bytes than a line may have, and no line feed; there is no way on from here.
        case tooLong
    }

    mutating func append(_ bytes: some Sequence<UInt8>) { pending += bytes }

    mutating func next() -> Answer {
        guard let end = pending.firstIndex(of: 0x0A) else {
            return pending.count > lineBytesMax ? .tooLong : .needsMore
        }
        guard end <= lineBytesMax else { return .tooLong }
        let line = Array(pending[..<end])
        pending.removeSubrange(...end)
        return .line(line)
    }
}
