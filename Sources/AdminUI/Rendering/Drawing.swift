import ControlProtocol
import XMPPEngine

/// Turns what a page declares into what the templates draw.
struct Drawing {
    let base: String
    let administrator: Administrator
    let commands: CommandRegistry
    /// The page with its query, for actions to come back to.
    let here: ConsoleLink
    let hosts: [String]
    /// Seals what the console itself says, so that no other link can say it.
    let seal: ActionSeal

    func href(_ link: ConsoleLink) -> String {
        let query = FormText.encode(link.query)
        return "\(base)/\(link.page)" + (query.isEmpty ? "" : "?" + query)
    }

    /// A link below the console, as the `back` of an action.
    static func text(of link: ConsoleLink) -> String {
        let query = FormText.encode(link.query)
        return link.page + (query.isEmpty ? "" : "?" + query)
    }

    func view(_ section: ConsoleSection) -> View? {
        switch section {
        case .figures(let figures):
            ["figures": ["items": figures.map { view($0) }] as View]
        case .table(let table): ["table": view(table)]
        case .facts(let title, let facts): ["facts": view(facts, title: title)]
        case .form(let form): view(form).map { ["form": $0] }
        case .chart(let chart): ["chart": ChartDrawing(chart).view]
        case .notice(let tone, let text):
            ["notice": ["tone": tone.rawValue, "text": text] as View]
        case .lines(let lines): ["lines": view(lines)]
        }
    }

    private func view(_ figure: ConsoleFigure) -> View {
        var view: View = [
            "name": figure.name, "value": self.view(figure.value), "tone": figure.tone.rawValue,
        ]
        view.set("note", unlessEmpty: figure.note)
        view["href"] = figure.link.map { href($0) }
        return view
    }

    private func view(_ facts: [ConsoleFact], title: String) -> View {
        let items = facts.map { fact -> View in
            ["name": fact.name, "value": self.view(fact.value)]
        }
        var view: View = ["items": items]
        view.set("title", unlessEmpty: title)
        return view
    }

    private func view(_ lines: ConsoleLines) -> View {
        var view: View = [
            "id": lines.id, "title": lines.title, "tail": lines.isTail,
            "lines": lines.lines.map { ["text": $0.text, "tone": $0.tone.rawValue] as View },
            "isEmpty": lines.lines.isEmpty, "empty": lines.empty,
        ]
        if !lines.filters.isEmpty { view["filters"] = self.view(lines.filters) }
        if lines.fileName != nil {
            let link = ConsoleLink(here.page + "/download", here.query)
            view["download"] = href(link)
        }
        return view
    }

    // MARK: tables

    private func view(_ table: ConsoleTable) -> View {
        let rows = table.rows.map { row in (row, rowActions(row)) }
        let hasActions = rows.contains { !$0.1.isEmpty }
        var view: View = [
            "id": table.id, "isEmpty": table.rows.isEmpty, "empty": table.empty,
            "columns": table.columns.map {
                ["name": $0.name, "isNumeric": $0.isNumeric] as View
            },
            "hasActions": hasActions,
            "rows": rows.map { row, actions in
                self.view(row, in: table, actions: actions, hasActions: hasActions)
            },
        ]
        view["isWhole"] = Self.isWhole(table)
        view.set("title", unlessEmpty: table.title)
        view.set("note", unlessEmpty: table.note)
        if !table.filters.isEmpty { view["filters"] = self.view(table.filters) }
        let actions = table.actions.compactMap { self.view($0) }
        if !actions.isEmpty { view["actions"] = actions }
        view["hasHead"] = !table.title.isEmpty || !actions.isEmpty
        if table.first != nil || table.previous != nil || table.next != nil {
            var paging = View()
            paging["first"] = table.first.map { href(ConsoleLink(here.page, $0)) }
            paging["previous"] = table.previous.map { href(ConsoleLink(here.page, $0)) }
            paging["next"] = table.next.map { href(ConsoleLink(here.page, $0)) }
            view["paging"] = paging
        }
        return view
    }

    /// Whether a script may put the rows into another order: all are here, and none is a part of
    /// another.
    private static func isWhole(_ table: ConsoleTable) -> Bool {
        guard table.rows.count > 2, table.first == nil, table.next == nil else { return false }
        return !table.rows.contains { row in
            if case .branch = row.cells.first { true } else { false }
        }
    }

    /// What can be done with a row; each says with which one, for those who hear them one by one.
    private func rowActions(_ row: ConsoleRow) -> [View] {
        row.actions.compactMap { action in
            var view = view(action)
            view?.set("about", unlessEmpty: row.cells.first?.words ?? "")
            return view
        }
    }

    private func view(
        _ row: ConsoleRow, in table: ConsoleTable, actions: [View], hasActions: Bool
    ) -> View {
        let cells = zip(table.columns, row.cells).enumerated().map { index, pair in
            var cell = view(pair.1)
            cell["label"] = pair.0.name
            cell["isNumeric"] = pair.0.isNumeric
            cell["isHead"] = index == 0
            return cell
        }
        return [
            "cells": cells, "actions": actions, "hasActions": hasActions, "tone": row.tone.rawValue,
        ]
    }

    private func view(_ filters: [ConsoleFilter]) -> View {
        let names = Set(filters.map(\.name))
        let kept = here.query.filter { $0.name == "host" && !names.contains($0.name) }
        func value(_ name: String) -> String {
            here.query.first { $0.name == name }?.value ?? ""
        }
        let fields = filters.map { filter in
            var view: View = ["name": filter.name, "label": filter.label]
            switch filter.kind {
            case .text(let example):
                view["field"] = ["value": value(filter.name), "example": example] as View
            case .choice(let choices):
                let chosen = value(filter.name)
                view["hasChoices"] = true
                view["choices"] = choices.map { choice in
                    [
                        "label": choice.name, "value": choice.value,
                        "isChosen": choice.value == chosen,
                    ] as View
                }
            }
            return view
        }
        return [
            "action": "\(base)/\(here.page)", "fields": fields,
            "kept": kept.map { ["name": $0.name, "value": $0.value] as View },
        ]
    }

    // MARK: actions

    /// What to draw for an action; `nil` when it cannot be had.
    func view(_ action: ConsoleAction) -> View? {
        let given = Dictionary(action.arguments.map { ($0.name, $0.value) }) { first, _ in first }
        guard let command = commands[action.command], administrator.mayRun(command, given) else {
            return nil
        }
        let missing = command.arguments.contains { $0.fallback == nil && given[$0.name] == nil }
        let back = action.next ?? here
        var view: View = ["label": action.label, "tone": action.tone.rawValue]
        if missing || action.question != nil {
            var query = action.arguments.map { ConsoleParameter("a-" + $0.name, $0.value) }
            let words = ActionWords(
                title: action.question ?? action.label, label: action.label,
                tone: action.tone.rawValue)
            query += words.parameters
            query.append(ConsoleParameter("seal", seal.seal(words, of: action.command)))
            query.append(ConsoleParameter("back", Self.text(of: back)))
            view["ask"] = ["href": href(ConsoleLink("run/" + action.command, query))] as View
        } else {
            view["post"] =
                [
                    "action": "\(base)/run/\(action.command)", "back": Self.text(of: back),
                    "arguments": action.arguments.map {
                        ["name": "a-" + $0.name, "value": $0.value] as View
                    },
                ] as View
        }
        return view
    }

    private func view(_ form: ConsoleForm) -> View? {
        let action = form.action
        guard let command = commands[action.command] else { return nil }
        let given = Dictionary(action.arguments.map { ($0.name, $0.value) }) { first, _ in first }
        guard administrator.reach == .server || administrator.mayRun(command, given) else {
            return nil
        }
        return CommandForm(
            command: command, given: given, title: form.title, label: action.label,
            tone: action.tone, back: Self.text(of: action.next ?? here)
        ).view(base: base, hosts: hosts)
    }
}
