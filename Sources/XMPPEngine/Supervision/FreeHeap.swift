import Glibc

/// Says when it is worth while to give free heap back to the system.
///
/// An allocator keeps the pages that a burst has left free between others. Giving them back takes
/// milliseconds, and page faults when they are wanted again: so it is done when memory has grown by
/// much and grows no more, and not again before it has grown by as much anew.
package struct FreeHeap {
    /// How much more than the least since must be resident.
    static let worthwhileBytes = 32 << 20

    private var leastBytes = Int.max
    private var formerBytes = 0

    /// Whether to give back now; asked at each sample, 0 being unknown.
    mutating func isWorthGivingBack(residentBytes: Int) -> Bool {
        guard residentBytes > 0 else { return false }
        leastBytes = min(leastBytes, residentBytes)
        defer { formerBytes = residentBytes }
        return residentBytes <= formerBytes && residentBytes - leastBytes >= Self.worthwhileBytes
    }

    /// What is resident now is in use, or cannot be given back.
    mutating func gaveBack(residentBytes: Int) {
        guard residentBytes > 0 else { return }
        leastBytes = residentBytes
        formerBytes = residentBytes
    }

    // MARK: the allocator

    // By name: `Glibc` imports no `malloc.h`, and other C libraries have no such functions.

    /// Gives back every whole page of the heap that is free; blocks for milliseconds.
    package static func giveBack() {
        guard let function = dlsym(nil, "malloc_trim") else { return }
        typealias Trim = @convention(c) (Int) -> CInt
        _ = unsafeBitCast(function, to: Trim.self)(0)
    }

    /// Blocks from this size on are memory of their own, which goes back as they are freed.
    private static let apartBytes: CInt = 128 << 10

    /// Keeps it so for good.
    ///
    /// As the allocator is at first, the largest block that was freed so far, up to 32 MiB, says
    /// from where on: later ones come from the heap and leave holes there.
    package static func keepLargeBlocksApart() {
        guard let function = dlsym(nil, "mallopt") else { return }
        typealias Choose = @convention(c) (CInt, CInt) -> CInt
        let threshold: CInt = -3  // M_MMAP_THRESHOLD
        _ = unsafeBitCast(function, to: Choose.self)(threshold, apartBytes)
    }
}
