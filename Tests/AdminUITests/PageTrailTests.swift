import Testing
import XMPPEngine

@testable import AdminUI

@Suite("The way back through pages")
struct PageTrailTests {
    private func trail(_ parameters: [ConsoleParameter]?) -> PageTrail {
        func value(_ name: String) -> String {
            parameters?.first { $0.name == name }?.value ?? ""
        }
        return PageTrail(
            after: value("after"), back: value("back"), keeping: [ConsoleParameter("q", "x")])
    }

    @Test("Each page leads back to the one before, to the first one and no further")
    func back() {
        let first = trail(nil)
        #expect(first.first == nil && first.previous == nil)
        let second = trail(first.next(after: "b/ c"))
        let third = trail(second.next(after: "d"))
        #expect(third.after == "d")
        #expect(trail(third.previous).after == "b/ c")
        let again = trail(trail(third.previous).previous)
        #expect(again.after.isEmpty)
        #expect(again.previous == nil)
        #expect(third.first == [ConsoleParameter("q", "x")])
    }

    @Test("An address made by hand without a way back leads to the first page only")
    func lost() {
        let page = PageTrail(after: "m", back: "", keeping: [])
        #expect(page.first == [])
        #expect(page.previous == nil)
        #expect(PageTrail(after: "", back: "a\nb\n", keeping: []).previous == nil)
    }

    @Test("A long way is forgotten from its beginning")
    func long() {
        var page = trail(nil)
        for number in 0..<300 {
            page = trail(page.next(after: "\(number)" + String(repeating: "k", count: 100)))
        }
        let back = page.next(after: "z").first { $0.name == "back" }?.value ?? ""
        #expect((3000...4000).contains(back.utf8.count))
        #expect(trail(page.previous).after.hasPrefix("298k"))
        #expect(
            trail(
                PageTrail(after: "a", back: "", keeping: []).next(
                    after: String(repeating: "k", count: 9000))
            ).previous != nil)
    }
}
