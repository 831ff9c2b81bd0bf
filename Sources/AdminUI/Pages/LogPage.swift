import Logging
import XMPPEngine
import XMPPStorage

extension BuiltInPages {
    private static let linesOnPage = 500

    static let log = ConsolePage(
        "log", "Log", "The last lines, as they come.", in: .server, refreshSeconds: 2, icon: .log
    ) { request in
        let ring = request.server.environment.observatory.logs
        let least = Logger.Level(rawValue: request["level"]) ?? .trace
        let found = ring.lines(
            atLeast: least, containing: request["q"], last: linesOnPage)
        let levels: [Logger.Level] = [.debug, .info, .notice, .warning, .error]
        let lines = ConsoleLines(
            "log", "Lines from level \(ring.level.rawValue) up",
            filters: [
                .text("q", "Contains", example: "martlet.http"),
                .choice(
                    "level", "From level",
                    [ConsoleParameter("everything", "")]
                        + levels.map { ConsoleParameter($0.rawValue, $0.rawValue) }),
            ],
            lines: found.map { line in
                ConsoleLines.Line(text(of: line), tone(of: line.level))
            }, empty: "No line matches.", isTail: true, fileName: "martlet.log")
        return ConsoleContent([.lines(lines)])
    }

    private static func text(of line: LogLine) -> String {
        let whole = Timestamp(milliseconds: line.time.milliseconds / 1000 * 1000)
        let level = line.level.rawValue.padded(to: 8)
        return "\(DateTime.text(whole)) \(level) \(line.label): \(line.text)"
    }

    private static func tone(of level: Logger.Level) -> ConsoleTone {
        switch level {
        case .trace, .debug, .info, .notice: .plain
        case .warning: .warning
        case .error, .critical: .bad
        }
    }
}

extension String {
    /// The text with spaces behind it, up to a length.
    fileprivate func padded(to length: Int) -> String {
        self + String(repeating: " ", count: max(0, length - count))
    }
}
