/// What libFuzzer made, cut into records: requests of one session, one after the other.
struct Input {
    /// No character of XML.
    private static let separator = UInt8(0x1E)
    private static let recordsMax = 32
    let bytes: [UInt8]

    init(start: UnsafePointer<UInt8>?, count: Int) {
        bytes = Array(UnsafeBufferPointer(start: start, count: count))
    }

    var records: [ArraySlice<UInt8>] {
        bytes.split(
            separator: Self.separator, maxSplits: Self.recordsMax, omittingEmptySubsequences: true)
    }
}

/// Stops the fuzzer, which keeps the input, when something does not hold.
func require(_ isTrue: Bool, _ reason: @autoclosure () -> String) {
    if !isTrue { fail(reason()) }
}

func fail(_ reason: String) -> Never {
    print(reason)
    fatalError("the input above broke a rule")
}
