/// The configuration a server writes for itself when it is started without one.
package enum DefaultConfiguration {
    /// A commented configuration for one host.
    ///
    /// - Parameters:
    ///   - host: The domain to serve.
    ///   - administrator: The localpart of the administrator's account.
    ///   - publicDirectory: What the file server serves.
    ///   - certificateFiles: PEM files with certificate and key.
    ///   - ip: Where to listen: `::` for every address, of IPv4 too.
    /// - Returns: YAML that `ConfigurationLoader` accepts.
    package static func yaml(
        host: String, administrator: String = "admin",
        publicDirectory: String = "public",
        certificateFiles: [String] = ["data/certificates/*.pem"], ip: String = "::"
    ) -> String {
        [
            head(host: host, certificateFiles: certificateFiles), listeners(ip: ip),
            accounts(),
            rules(host: host, administrator: administrator),
            modules(publicDirectory: publicDirectory),
        ].joined(separator: "\n")
    }

    private static func head(host: String, certificateFiles: [String]) -> String {
        """
        # Martlet's configuration.
        #
        # The options and their names are ejabberd's. Check the file with `martletd --check`, apply
        # it to a running server with `martletctl reload_config`: a mistake changes nothing and is
        # named with its line.

        # The domains to serve. Addresses are written NAME@DOMAIN.
        hosts:
          - \(quoted(host))

        # none, emergency, alert, critical, error, warning, notice, info or debug.
        loglevel: info

        # Certificates and keys in PEM files; each domain gets the one with its name.
        certfiles:
        \(certificateFiles.map { "  - " + quoted($0) }.joined(separator: "\n"))

        """
    }

    private static func listeners(ip: String) -> String {
        """
        # Where connections are accepted, and what serves them.
        listen:
          # Clients. Nothing but STARTTLS is accepted before encryption.
          - port: 5222
            ip: \(quoted(ip))
            module: ejabberd_c2s
            starttls_required: true
            max_stanza_size: 262144
            shaper: c2s_shaper
            access: c2s

          # Clients that begin with TLS.
          - port: 5223
            ip: \(quoted(ip))
            module: ejabberd_c2s
            tls: true
            max_stanza_size: 262144
            shaper: c2s_shaper
            access: c2s

          # The web: WebSocket and BOSH for browsers, the administrators' console, and files. Put
          # `tls: true` here, or a proxy in front, before you open it to the world.
          - port: 5280
            ip: \(quoted(ip))
            module: ejabberd_http
            shaper: c2s_shaper
            access: c2s
            request_handlers:
              /.well-known/host-meta: mod_host_meta
              /.well-known/host-meta.json: mod_host_meta
              /bosh: mod_bosh
              /http-bind: mod_bosh
              /upload: mod_http_upload
              /websocket: ejabberd_http_ws
              /ws: ejabberd_http_ws
              /xmpp-websocket: ejabberd_http_ws
              /admin: ejabberd_web_admin
              /api: mod_http_api
              # Numbers for Prometheus; only this machine may read them.
              /metrics: mod_prometheus
              /: mod_http_fileserver

          # Components, such as gateways (XEP-0114). Each joins with its own secret.
          # - port: 5347
          #   ip: "127.0.0.1"
          #   module: ejabberd_service
          #   hosts:
          #     gateway.example.com:
          #       password: "a long secret"

        """
    }

    private static func accounts() -> String {
        """
        # Who may log in: accounts in the database. Passwords are kept as SCRAM keys, from which they
        # cannot be read back.
        auth_method: sql
        auth_password_format: scram

        # SQLite needs no set-up; its file is martlet.db in the data directory.
        sql_type: sqlite

        """
    }

    private static func rules(host: String, administrator: String) -> String {
        """
        # Names for groups of addresses.
        acl:
          admin:
            user:
              - \(quoted(administrator + "@" + host))
          # Every account of this server.
          local:
            user_regexp: ""
          # This machine.
          loopback:
            ip:
              - "127.0.0.0/8"
              - "::1/128"

        # Who may do what. The first line that fits decides; when none does, it is denied.
        access_rules:
          c2s:
            allow: all
          configure:
            allow: admin
          announce:
            allow: admin
          register_from:
            allow: loopback

        # How fast a peer may send, in bytes a second, and how much at once before that counts.
        shaper:
          normal:
            rate: 20000
            burst_size: 200000

        # Shapers and numbers that depend on who asks.
        shaper_rules:
          c2s_shaper:
            none: admin
            normal: all
          max_user_sessions: 10
          max_user_offline_messages:
            5000: admin
            1000: all

        """
    }

    private static func modules(publicDirectory: String) -> String {
        """
        # The features that are on.
        modules:
          mod_bosh: {}
          mod_disco: {}
          # Keeps an address out for an hour after 20 failed logins, on every door.
          mod_fail2ban: {}
          # Tells clients where BOSH and WebSocket are, from what the listeners say.
          mod_host_meta: {}
          mod_http_fileserver:
            docroot:
              /: \(quoted(publicDirectory))
              # The XMPP library of the web chat.
              /lib/strophe: /usr/share/javascript/strophe
          # Files that accounts share. Behind a proxy set `trusted_proxies`, or say where it is with
          # `put_url`. Rules for their sizes go with `mod_http_upload_quota`.
          mod_http_upload:
            max_size: 100 MiB
          mod_last: {}
          mod_offline:
            access_max_user_messages: max_user_offline_messages
          mod_ping: {}
          mod_private: {}
          # New accounts may be made from this machine only. To let others in, change
          # `register_from` above.
          mod_register:
            ip_access: register_from
          mod_roster:
            versioning: true
          mod_time: {}
          mod_vcard: {}
          mod_version: {}

        """
    }

    /// The text as a YAML string in double quotes.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case let other: quoted.unicodeScalars.append(other)
            }
        }
        return quoted + "\""
    }
}
