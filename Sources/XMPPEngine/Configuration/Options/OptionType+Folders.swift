extension OptionType where Value == [String: String] {
    /// Folders by path; one folder alone has an empty one.
    package static var folders: OptionType {
        OptionType(
            name: "a folder, or a map of URL prefixes to folders",
            text: { $0.isEmpty ? "" : $0[""] ?? $0.configurationText },
            expandingHost: { $0.expandingHost($1) },
            read: { node, reader in
                if node.text != nil {
                    return String.read(node, with: reader).map { ["": $0] }
                }
                guard let folders = Value.read(node, with: reader) else { return nil }
                guard folders.keys.allSatisfy({ $0.hasPrefix("/") }) else {
                    reader.fail(node, "a URL prefix begins with `/`")
                    return nil
                }
                return folders
            })
    }
}
