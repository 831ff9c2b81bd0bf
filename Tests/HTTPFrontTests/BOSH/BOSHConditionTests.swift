import Testing
import XMPPCore

@testable import HTTPFront

@Suite("BOSH conditions · XEP-0124 §17")
struct BOSHConditionTests {
    @Test("§17.2: conditions and the stream errors they stand for")
    func conditions() {
        let defined = [
            "bad-request", "host-gone", "host-unknown", "improper-addressing",
            "internal-server-error", "item-not-found", "other-request", "policy-violation",
            "remote-connection-failed", "remote-stream-error", "see-other-uri",
            "system-shutdown", "undefined-condition",
        ]
        #expect(BOSHCondition.allCases.map(\.rawValue) == defined)
        let plain: [StreamError.Condition: BOSHCondition] = [
            .notWellFormed: .badRequest, .systemShutdown: .systemShutdown, .hostGone: .hostGone,
            .remoteConnectionFailed: .remoteConnectionFailed,
            .undefinedCondition: .undefinedCondition,
        ]
        for condition in StreamError.Condition.allCases {
            let expected = plain[condition] ?? .remoteStreamError
            #expect(BOSHCondition(StreamError(condition)) == expected)
        }
    }

    @Test("§17.1: three conditions have an older form")
    func legacy() {
        let codes = BOSHCondition.allCases.compactMap { condition in
            condition.legacyStatus.map { "\(condition.rawValue) \($0.code)" }
        }
        #expect(codes == ["bad-request 400", "item-not-found 404", "policy-violation 403"])
    }

    @Test("§17.2: an error goes along where its condition alone does not say it")
    func carried() {
        #expect(
            BOSHCondition.allCases.filter(\.carriesError)
                == [.remoteStreamError, .undefinedCondition])
    }
}
