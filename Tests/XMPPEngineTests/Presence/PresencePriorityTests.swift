import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("Priority · RFC 6121 §4.7.2.3")
struct PresencePriorityTests {
    private func read(_ texts: String...) -> Int8? {
        PresencePriority.read(
            Payload(texts.map { Element("priority", .client, text: $0) }))
    }

    @Test(
        "An integer from −128 to 127 is read, white space around it or not",
        arguments: [
            ("0", 0), ("1", 1), ("+5", 5), ("-1", -1), ("127", 127), ("-128", -128),
            (" 7\n", 7), ("007", 7),
        ] as [(String, Int8)])
    func valid(text: String, priority: Int8) {
        #expect(read(text) == priority)
    }

    @Test(
        "Anything else is refused",
        arguments: ["128", "-129", "", " ", "high", "1.0", "1 2", "0x1", "99999999999999999999"])
    func invalid(text: String) {
        #expect(read(text) == nil)
    }

    @Test("No priority is 0, and that of another namespace is none")
    func absent() {
        #expect(PresencePriority.read(.empty) == 0)
        let foreign = Payload([Element("priority", .vcard, text: "high")])
        #expect(PresencePriority.read(foreign) == 0)
    }

    @Test("Two priorities are refused")
    func twice() {
        #expect(read("1", "1") == nil)
    }

    @Test("An attribute of the element does not disturb")
    func attribute() {
        let element = Element("priority", .client, attributes: [("a", "1>2")], text: "3")
        #expect(PresencePriority.read(Payload([element])) == 3)
    }

    @Test("A child element instead of text is refused")
    func child() {
        let element = Element("priority", .client, children: [Element("one", .client)])
        #expect(PresencePriority.read(Payload([element])) == nil)
    }
}
