import XMPPConfig

extension CommandNames {
    /// The commands of this server, and the feed of events, which permissions name like one.
    ///
    /// Known before there is a server: a configuration is checked without one.
    package static let served = CommandNames(
        Dictionary(
            uniqueKeysWithValues: byTag.flatMap { tag, names in
                names.map { ($0, tag) }
            }))

    private static let byTag: [(String, [String])] = [
        (
            "accounts",
            [
                "register", "unregister", "registered_users", "check_account", "check_password",
                "change_password", "ban_account", "unban_account", "unban_ip",
            ]
        ),
        (
            "sessions",
            [
                "connected_users", "connected_users_number", "user_sessions_info",
                "user_resources", "get_presence", "kick_user", "kick_session",
            ]
        ),
        ("roster", ["get_roster", "add_rosteritem", "delete_rosteritem"]),
        ("stanza", ["send_message"]),
        ("vcard", ["get_vcard", "set_vcard"]),
        ("last", ["get_last"]),
        ("statistics", ["stats", "stats_host", "statistics"]),
        (
            "server",
            [
                "status", "supervisor", "alarms", "check_config", "reload_config",
                "get_loglevel", "set_loglevel", "stop",
            ]
        ),
        ("oauth", ["issue_token", "list_tokens", "revoke_token"]),
        ("events", ["events"]),
    ]
}
