import XMPPConfig
import XMPPCore

/// The vCard of a service as the option `vcard` has it: names of vcard-temp in lower case.
enum ServiceCard {
    private static let depthMax = 4

    static func element(_ node: ConfigurationNode) -> Element {
        Element("vCard", .vcard, children: children(of: node, depth: 0))
    }

    private static func children(of node: ConfigurationNode, depth: Int) -> [Element] {
        guard depth < depthMax else { return [] }
        return (node.entries ?? []).flatMap { entry in
            // A list repeats its element.
            (entry.value.items ?? [entry.value]).map { value in
                let name = entry.key.uppercased()
                guard let text = value.text else {
                    return Element(name, .vcard, children: children(of: value, depth: depth + 1))
                }
                // `home: true` is `<HOME/>`.
                return Element(name, .vcard, text: text == "true" ? nil : text)
            }
        }
    }
}
