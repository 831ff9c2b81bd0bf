import ControlProtocol
import HTTPFront
import XMPPCore
import XMPPEngine

/// Runs declared commands: their forms, and what came of them.
extension Console {
    private static let prefix = "a-"

    func run(_ name: String, _ visit: Visit) async throws -> WebAnswer {
        guard let command = server.commands[name] else {
            throw ConsoleProblem(.notFound, "There is no such command.")
        }
        let request = visit.request
        guard !request.comesFromElsewhere else {
            throw ConsoleProblem(.notAllowed, "Other sites may not lead to a command.")
        }
        let fields = request.method == .post ? request.form : request.query
        var arguments: [String: String] = [:]
        for argument in command.arguments {
            // A link does not choose a password.
            if request.method != .post, argument.isSecret { continue }
            arguments[argument.name] = fields[Self.prefix + argument.name]
        }
        let back = localLink(fields["back"] ?? "").map(Drawing.text) ?? ""
        guard request.method == .post else {
            let form = form(for: command, given: arguments, fields, back: back, visit)
            return .page(draw(form, visit))
        }
        try visit.checkToken()
        guard visit.administrator.mayRun(command, arguments) else {
            throw ConsoleProblem(.notAllowed, "You may not run this command here.")
        }
        return try await run(command, arguments, fields, back: back, visit)
    }

    private func run(
        _ command: Command, _ arguments: [String: String], _ fields: [String: String],
        back: String, _ visit: Visit
    ) async throws -> WebAnswer {
        var members: [JSONValue.Member] = []
        for argument in command.arguments {
            guard let value = arguments[argument.name] else { continue }
            // A field left empty is one left out, where the command knows what it means then.
            if value.isEmpty, argument.fallback != nil { continue }
            members.append(.init(argument.name, .string(value)))
        }
        let caller = CommandCaller(
            name: visit.session.account.text, account: visit.session.account,
            address: visit.request.address)
        do throws(CommandError) {
            let result = try await server.commands.run(command, .object(members), as: caller)
            switch result {
            case .code(let code, let text):
                let said = text.isEmpty ? "Done." : text
                return leave(said, tone: code == 0 ? .good : .bad, back: back, visit)
            case .number(let number):
                let said = "\(Words.title(command.name)): \(Words.number(number))"
                return leave(said, back: back, visit)
            case .text(let text) where !text.isEmpty && !text.contains("\n"):
                return leave(text, back: back, visit)
            case .string, .text, .records, .document:
                let page = resultPage(of: command, result, back: back)
                return .page(draw(page, of: nil, nil, visit))
            }
        } catch {
            var form = form(for: command, given: arguments, fields, back: back, visit)
            form.error = error.text
            return .page(draw(form, visit), status: .unprocessableContent)
        }
    }

    /// Leads back to a page, and says something there.
    private func leave(
        _ text: String, tone: ConsoleTone = .good, back: String, _ visit: Visit
    ) -> WebAnswer {
        service.sessions.leave(ConsoleNotice(tone: tone, text: text), for: visit.id)
        return .redirect(to: "\(base)/\(back)")
    }

    /// The form of a command; after a failure, what was typed is in it again.
    private func form(
        for command: Command, given: [String: String], _ fields: [String: String],
        back: String, _ visit: Visit
    ) -> CommandForm {
        let isRepeated = visit.request.method == .post
        let fixed = fields["fixed"].map { Set($0.split(separator: ",").map(String.init)) }
        let isFixed: (String) -> Bool = { isRepeated ? fixed?.contains($0) ?? true : true }
        let words =
            isRepeated
            ? ActionWords(fields) : service.seal.words(in: fields, of: command.name)
        return CommandForm(
            command: command, given: given.filter { isFixed($0.key) },
            typed: given.filter { !isFixed($0.key) },
            title: words?.title ?? Words.title(command.name), label: words?.label ?? "Run",
            tone: words.flatMap { ConsoleTone(rawValue: $0.tone) } ?? .plain, back: back)
    }

    private func resultPage(
        of command: Command, _ result: CommandResult, back: String
    ) -> ConsoleContent {
        let sections: [ConsoleSection]
        switch result {
        case .records(let columns, let rows):
            let table = ConsoleTable(
                "result", columns: columns.map { ConsoleColumn(Words.title($0)) },
                rows: rows.prefix(1000).map { row in ConsoleRow(row.map(Self.cell)) },
                note: rows.count > 1000 ? "The first 1000 of \(rows.count) rows." : "")
            sections = [.table(table)]
        case .code, .string, .number, .text, .document:
            let lines = result.text.split(separator: "\n", omittingEmptySubsequences: false)
            sections = [
                .lines(
                    ConsoleLines("result", "Result", lines: lines.map { .init(String($0)) }))
            ]
        }
        return ConsoleContent(
            title: Words.title(command.name), parent: localLink(back), sections)
    }

    private static func cell(_ value: JSONValue) -> ConsoleCell {
        switch value {
        case .null: .nothing
        case .string(let text): text.isEmpty ? .nothing : .text(text)
        case .int(let number): .number(number)
        case .bool, .double, .array, .object: .text(value.description)
        }
    }
}
