import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("Cache of verified passwords")
struct VerifiedPasswordCacheTests {
    private let start = ContinuousClock.now

    private func check(
        _ account: String = "juliet@example.com", _ text: String = "pencil",
        stored: String = "pencil"
    ) throws -> PasswordCheck {
        PasswordCheck(
            account: try address(account), password: try password(text),
            credentials: .scram([try keys(of: stored, .sha1)]))
    }

    private func cache(_ entriesMax: Int = 100) -> VerifiedPasswordCache {
        VerifiedPasswordCache(entriesMax: entriesMax, lifetime: .seconds(60))
    }

    @Test("a verified password is known the next time")
    func remembers() throws {
        let cache = cache()
        #expect(!cache.contains(try check(), now: start))
        #expect(try check().run(cache: cache, now: start))
        #expect(cache.contains(try check(), now: start))
    }

    @Test("a wrong password is not remembered")
    func wrong() throws {
        let cache = cache()
        let wrong = try check("juliet@example.com", "pencils")
        #expect(!wrong.run(cache: cache, now: start))
        #expect(cache.count == 0)
        #expect(try check().run(cache: cache, now: start))
        #expect(!wrong.run(cache: cache, now: start))
    }

    @Test("another account, or a changed password, is not found")
    func separate() throws {
        let cache = cache()
        cache.insert(try check(), now: start)
        #expect(!cache.contains(try check("romeo@example.com"), now: start))
        #expect(!cache.contains(try check("juliet@example.net"), now: start))
        let changed = try check("juliet@example.com", "pencil", stored: "pen")
        #expect(!changed.run(cache: cache, now: start))
    }

    @Test("an entry expires, and using it does not prolong it")
    func expires() throws {
        let cache = cache()
        cache.insert(try check(), now: start)
        #expect(cache.contains(try check(), now: start + .seconds(59)))
        #expect(!cache.contains(try check(), now: start + .seconds(60)))
        #expect(cache.count == 0)
    }

    @Test("it never holds more than its limit")
    func bounded() throws {
        let cache = cache(10)
        let check = try check()
        for number in 0..<100 {
            let other = PasswordCheck(
                account: try address("user\(number)@example.com"), password: check.password,
                credentials: check.credentials)
            cache.insert(other, now: start)
            #expect(cache.count <= 10)
            #expect(cache.contains(other, now: start))
        }
    }

    @Test("an entry in use outlives those that are not")
    func recent() throws {
        let cache = cache(10)
        let kept = try check()
        cache.insert(kept, now: start)
        for number in 0..<50 {
            let other = PasswordCheck(
                account: try address("user\(number)@example.com"), password: kept.password,
                credentials: kept.credentials)
            cache.insert(other, now: start)
            if number % 3 == 0 { #expect(cache.contains(kept, now: start)) }
        }
    }

    @Test("inserting one entry again and again keeps one")
    func same() throws {
        let cache = cache(2)
        for _ in 0..<5 { cache.insert(try check(), now: start) }
        #expect(cache.count == 1)
        cache.removeAll()
        #expect(!cache.contains(try check(), now: start))
    }

    @Test("a limit below two still holds one entry of each generation")
    func tiny() throws {
        let cache = cache(0)
        cache.insert(try check(), now: start)
        #expect(cache.contains(try check(), now: start))
    }
}
