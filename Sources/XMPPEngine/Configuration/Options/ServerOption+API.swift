extension ServerOption {
    static let api: [any OptionDeclaration] = [apiPermissions]

    package static let apiPermissions = Option<APIPermissions>(
        "api_permissions", default: .standard, scope: .server,
        "Who may run which commands through the HTTP API. Without it, whoever the access rule"
            + " `configure` allows may run all.")
}
