import Testing
import XMPPCore

@testable import HTTPFront

@Suite("What one client may take of the uploads", .timeLimit(.minutes(1)))
struct UploadFairnessTests {
    private func account(_ text: String) throws -> BareJID { try #require(BareJID(text)) }

    @Test("An account has so many uploads on their way, another one has its own")
    func owners() throws {
        let claims = UploadClaims(most: 10, mostOfOwner: 2)
        let (romeo, juliet) = (try account("romeo@example.com"), try account("juliet@example.com"))
        for id in ["1", "2", "3", "4"] { #expect(claims.claim(id) == .claimed) }
        #expect(claims.assign("1", to: romeo))
        #expect(claims.assign("2", to: romeo))
        #expect(!claims.assign("3", to: romeo))
        #expect(claims.assign("4", to: juliet))
        claims.release("1")
        claims.release("1")
        #expect(claims.assign("3", to: romeo))
        #expect(claims.count == 3)
        for id in ["2", "3", "4"] { claims.release(id) }
        #expect(claims.count == 0)
    }

    @Test("A claim is counted for its account once, and not after its end")
    func once() throws {
        let claims = UploadClaims(most: 10, mostOfOwner: 1)
        let romeo = try account("romeo@example.com")
        #expect(claims.assign("gone", to: romeo))
        #expect(claims.claim("1") == .claimed)
        #expect(claims.assign("1", to: romeo))
        #expect(claims.assign("1", to: romeo))
        claims.release("1")
        #expect(claims.claim("2") == .claimed)
        #expect(claims.assign("2", to: romeo))
    }

    @Test("An account with too many uploads on their way hears 429, and nothing stays claimed")
    func refusal() throws {
        let scene = try UploadScene(ofOwnerMax: 1)
        let path = try scene.slot()
        #expect(scene.claims.claim("other") == .claimed)
        #expect(scene.claims.assign("other", to: try account("romeo@example.com")))
        let refused = try scene.put(path, "hello")
        #expect(refused.status == 429)
        #expect(refused["retry-after"] == "30")
        #expect(scene.claims.count == 1)
        scene.claims.release("other")
        #expect(try scene.put(path, "hello").status == 201)
    }

    @Test("The pace is that of the last minute, however fast it was before")
    func pace() {
        var pace = UploadPace(bytesPerSecondMin: 10)
        pace.took(1_000_000)
        var isKept = pace.isKept()
        #expect(isKept)
        pace.took(1)
        isKept = pace.isKept()
        #expect(isKept)
        pace.took(1)
        isKept = pace.isKept()
        #expect(!isKept)
    }

    @Test("A byte now and then is no pace")
    func trickle() {
        var pace = UploadPace(bytesPerSecondMin: 1024)
        pace.took(1)
        var isKept = pace.isKept()
        #expect(isKept)
        pace.took(1)
        isKept = pace.isKept()
        #expect(!isKept)
    }

    @Test("The slowest pace that is allowed is allowed, and so is a pause between")
    func slow() {
        var pace = UploadPace(bytesPerSecondMin: 10)
        for count in [300, 300, 600, 0, 600, 599, 1] {
            pace.took(count)
            let isKept = pace.isKept()
            #expect(isKept)
        }
        pace.took(598)
        let isKept = pace.isKept()
        #expect(!isKept)
    }

    @Test("A client that waits for the disk is not late")
    func heldBack() {
        var pace = UploadPace(bytesPerSecondMin: 10)
        var isKept = pace.isKept()
        #expect(isKept)
        pace.heldBack()
        isKept = pace.isKept()
        #expect(isKept)
        isKept = pace.isKept()
        #expect(isKept)
        isKept = pace.isKept()
        #expect(!isKept)
    }
}
