import Testing

@testable import XMPPEngine

@Suite("Restart policy")
struct RestartPolicyTests {
    @Test(
        "A child is restarted by its type and the way it ended",
        arguments: [
            (RestartType.permanent, ChildExit.normal, true),
            (.permanent, .shutdown, true), (.permanent, .failed("x"), true),
            (.transient, .normal, false), (.transient, .shutdown, false),
            (.transient, .failed("x"), true), (.temporary, .normal, false),
            (.temporary, .shutdown, false), (.temporary, .failed("x"), false),
        ])
    func restarts(type: RestartType, exit: ChildExit, isRestarted: Bool) {
        #expect(type.restarts(after: exit) == isRestarted)
    }

    @Test(
        "The window admits the intensity within its period and no more",
        arguments: [
            (2, [0, 1, 2], [true, true, false]), (1, [0, 5, 9], [true, true, false]),
            (1, [0, 4, 10], [true, false, true]), (0, [0], [false]),
        ])
    func window(restarts: Int, seconds: [Int], admitted: [Bool]) {
        var window = RestartWindow(RestartIntensity(restarts: restarts, period: .seconds(5)))
        let answers = seconds.map { window.admits(at: .seconds($0)) }
        #expect(answers == admitted)
    }

    @Test(
        "The pause doubles up to the longest",
        arguments: [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60), (1_000_000, 60)])
    func backOff(failures: Int, seconds: Int) {
        #expect(BackOff.usual.delay(afterFailures: failures) == .seconds(seconds))
    }

    @Test("A first pause above the longest is cut")
    func backOffIsCut() {
        let backOff = BackOff(first: .seconds(9), longest: .seconds(3))
        #expect(backOff.delay(afterFailures: 1) == .seconds(3))
    }
}
