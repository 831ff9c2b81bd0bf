import Mustache

/// What a template sees: names with text, flags, lists and further views.
///
/// A template asks for its own names as `{{.name}}`; without the dot it finds the nearest view
/// around it that has the name.
struct View: MustacheParent, ExpressibleByDictionaryLiteral {
    private var values: [String: Any] = [:]

    init() {}

    init(dictionaryLiteral elements: (String, Any)...) {
        for (name, value) in elements { values[name] = value }
    }

    func child(named name: String) -> Any? { values[name] }

    subscript(_ name: String) -> Any? {
        get { values[name] }
        set { values[name] = newValue }
    }

    /// Sets text that is only to be drawn when there is some.
    mutating func set(_ name: String, unlessEmpty text: String) {
        if !text.isEmpty { values[name] = text }
    }
}
