import Testing

@testable import HTTPFront

@Suite("Polling keys · XEP-0025 §4")
struct PollKeysTests {
    /// K(0, "foo") to K(6, "foo") as the specification lists them.
    static let keys = [
        "foo", "C+7Hteo/D9vJXQ3UfzxbwnXaijM=", "6UU8CDmH3O4aHFmCqSORCn721+M=",
        "vFFYSOhGyaGUgLrldtMBX7x91Wc=", "ZaDxCilBVTHS9dJfbBo1NsC2b+8=",
        "moPFsvHytDGiJQOjp186AMXAeP0=", "VvxEk07IFy6hUmG/PPBlTLE2fiA=",
    ]

    private func expect(
        _ wanted: Bool, _ found: Bool, at location: SourceLocation = #_sourceLocation
    ) {
        #expect(wanted == found, sourceLocation: location)
    }

    @Test("The sequence of the specification")
    func sequence() {
        for (key, next) in zip(Self.keys, Self.keys.dropFirst()) {
            #expect(PollKeys.hash(key) == next)
        }
    }

    @Test("Each key must follow from the former one, down to the seed")
    func order() {
        var keys = PollKeys(first: Self.keys[6])
        for key in Self.keys[..<6].reversed() {
            expect(true, keys.accept(key: key, newKey: nil))
        }
        expect(false, keys.accept(key: "foo", newKey: nil))
    }

    @Test(
        "A wrong or missing key is refused and changes nothing",
        arguments: [nil, "", "wrong", keys[6], keys[4]])
    func wrong(key: String?) {
        var sequence = PollKeys(first: Self.keys[6])
        expect(false, sequence.accept(key: key, newKey: Self.keys[3]))
        expect(true, sequence.accept(key: Self.keys[5], newKey: nil))
    }

    @Test("A new key begins a new sequence, with the last key of the old one or before")
    func newKey() {
        var keys = PollKeys(first: Self.keys[1])
        expect(true, keys.accept(key: Self.keys[0], newKey: Self.keys[5]))
        expect(false, keys.accept(key: Self.keys[0], newKey: nil))
        expect(true, keys.accept(key: Self.keys[4], newKey: nil))
    }

    @Test("A new key of the first request counts for nothing")
    func firstNewKey() throws {
        let text = "0;\(Self.keys[6]);\(Self.keys[3]),"
        let request = try #require(Array(text.utf8).withUnsafeBytes { PollRequest($0) })
        var keys = PollKeys(first: request.key)
        expect(false, keys.accept(key: Self.keys[2], newKey: nil))
        expect(true, keys.accept(key: Self.keys[5], newKey: nil))
    }

    @Test("A client that began without keys needs none")
    func none() {
        var keys = PollKeys(first: nil)
        expect(true, keys.accept(key: nil, newKey: nil))
        expect(true, keys.accept(key: "any", newKey: "other"))
        expect(true, keys.accept(key: nil, newKey: nil))
    }
}
