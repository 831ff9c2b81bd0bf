import XMPPEngine
import XMPPStorage

extension Drawing {
    func view(_ cell: ConsoleCell) -> View {
        switch cell {
        case .nothing: ["nothing": true]
        case .text(let text): ["text": text]
        case .number(let number): ["text": Words.number(number)]
        case .code(let text): ["code": text]
        case .badge(let text, let tone):
            ["badge": ["label": text, "tone": tone.rawValue] as View]
        case .link(let text, let link):
            ["link": ["href": href(link), "label": text] as View]
        case .moment(let moment): ["moment": Self.moment(moment)]
        case .duration(let duration): ["text": Words.duration(duration)]
        case .bytes(let bytes): ["text": Words.bytes(bytes)]
        case .branch(let text, let depth):
            ["branch": ["label": text, "depth": String(min(max(depth, 0), 8))] as View]
        case .noted(let cell, let note):
            ["noted": ["value": view(cell), "note": note] as View]
        case .list(let cells) where cells.isEmpty: ["nothing": true]
        case .list(let cells): ["list": cells.map { view($0) }]
        }
    }

    /// A moment for browsers, and for people without a script that knows their time zone.
    private static func moment(_ moment: Timestamp) -> View {
        let whole = Timestamp(milliseconds: moment.milliseconds / 1000 * 1000)
        let iso = DateTime.text(whole)
        let text = iso.prefix(16).map { $0 == "T" ? " " : $0 }
        return ["iso": iso, "text": String(text) + "\u{A0}UTC"]
    }
}

extension ConsoleCell {
    /// The cell as plain text; empty when it holds none.
    fileprivate var plain: String {
        switch self {
        case .text(let text), .code(let text), .badge(let text, _), .link(let text, _),
            .branch(let text, _):
            text
        case .nothing, .number, .moment, .duration, .bytes, .noted, .list: ""
        }
    }

    /// What names a row when this is its first cell.
    var words: String {
        guard case .noted(let cell, let note) = self else { return plain }
        return note.isEmpty ? cell.plain : "\(cell.plain) \(note)"
    }
}
