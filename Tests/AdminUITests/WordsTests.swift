import Testing

@testable import AdminUI

@Suite("Numbers as people read them")
struct WordsTests {
    @Test(
        "Digits stand in groups of three",
        arguments: [
            (0, "0"), (999, "999"), (1000, "1\u{202F}000"),
            (-1_234_567, "−1\u{202F}234\u{202F}567"),
        ])
    func groups(_ number: Int, _ text: String) {
        #expect(Words.number(number) == text)
    }

    @Test(
        "Bytes have a unit that keeps the number small",
        arguments: [
            (0, "0\u{A0}B"), (1023, "1023\u{A0}B"), (1536, "1.5\u{A0}KiB"), (-5, "-5\u{A0}B"),
        ])
    func bytes(_ number: Int, _ text: String) {
        #expect(Words.bytes(number) == text)
    }

    @Test(
        "Summaries have quotation marks for what is code",
        arguments: [
            ("with `all` those", "with “all” those"), ("", ""), ("`a` or `b`", "“a” or “b”"),
            ("one ` alone", "one “ alone”"),
        ])
    func prose(_ summary: String, _ text: String) {
        #expect(Words.plain(summary) == text)
    }

    @Test(
        "Numbers that are none do not trap", arguments: [Double.nan, .infinity, -.infinity, 1e300])
    func nonsense(_ number: Double) {
        #expect(Words.decimal(number) == "–")
    }
}
