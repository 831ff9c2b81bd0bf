/// What a `Range` field asks for (RFC 9110 §14.1.2).
enum ByteRanges: Equatable {
    /// No range, one we may ignore, or one that is malformed: the whole file.
    case whole
    case some([Range<UInt64>])
    /// Nothing of it lies in the file: 416.
    case none

    /// More ranges than this, or ranges that overlap, are taken for an attack (§14.2) and ignored.
    private static let countMax = 8

    /// Reads the field for a file of `size` bytes.
    static func parse(_ text: String, size: UInt64) -> ByteRanges {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].lowercased() == "bytes" else { return .whole }
        let specs = parts[1].split(separator: ",", omittingEmptySubsequences: false)
        guard specs.count <= countMax else { return .whole }
        var ranges: [Range<UInt64>] = []
        for spec in specs {
            guard let range = range(spec.trimmed, size: size) else { return .whole }
            if !range.isEmpty { ranges.append(range) }
        }
        guard !ranges.isEmpty else { return .none }
        let sorted = ranges.sorted { $0.lowerBound < $1.lowerBound }
        let overlaps = zip(sorted, sorted.dropFirst()).contains { $0.overlaps($1) }
        return overlaps ? .whole : .some(ranges)
    }

    /// An empty range lies outside of the file; `nil` is malformed.
    private static func range(_ spec: Substring, size: UInt64) -> Range<UInt64>? {
        let ends = spec.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2 else { return nil }
        if ends[0].isEmpty {
            guard let count = number(ends[1]) else { return nil }
            return (size - min(count, size))..<size
        }
        guard let first = number(ends[0]) else { return nil }
        if ends[1].isEmpty { return min(first, size)..<size }
        guard let last = number(ends[1]), last >= first else { return nil }
        let end = last < size ? last + 1 : size
        return min(first, end)..<end
    }

    private static func number(_ digits: Substring) -> UInt64? {
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return UInt64(digits) ?? .max
    }
}

extension StringProtocol where SubSequence == Substring {
    /// Without blanks and tabs around it.
    var trimmed: Substring {
        var slice = self[...]
        while let first = slice.first, first == " " || first == "\t" { slice.removeFirst() }
        while let last = slice.last, last == " " || last == "\t" { slice.removeLast() }
        return slice
    }
}
