/// The listener modules of ejabberd 26.07 and their options, by name.
enum EjabberdListeners {
    /// Modules Martlet does not serve at all: a listener with one of them warns and is left out.
    static let foreignModules = NameList(
        """
        ejabberd_sip ejabberd_stun ejabberd_xmlrpc mod_mqtt mod_proxy65_stream
        """)

    /// Options in here that Martlet does not declare warn instead of being an error.
    static func options(of module: String) -> NameList {
        switch module {
        case "ejabberd_c2s": c2s
        case "ejabberd_s2s_in": s2sIn
        case "ejabberd_service": service
        case "ejabberd_http": http
        case _: common
        }
    }

    private static let common = NameList(
        """
        accept_interval backlog ip module port send_timeout supervisor transport
        unix_socket use_proxy_protocol
        """)

    private static let c2s = NameList(
        """
        accept_interval access allow_unencrypted_sasl2 backlog cafile certfile ciphers
        dhfile ip max_fsm_queue max_stanza_elements max_stanza_size module port
        pre_auth_max_stanza_elements pre_auth_max_stanza_size protocol_options
        send_timeout shaper starttls starttls_required supervisor tls tls_compression
        tls_verify transport unix_socket use_proxy_protocol zlib
        """)

    private static let s2sIn = NameList(
        """
        accept_interval backlog cafile certfile ciphers dhfile ip max_fsm_queue
        max_stanza_elements max_stanza_size module port pre_auth_max_stanza_elements
        pre_auth_max_stanza_size protocol_options send_timeout shaper supervisor tls
        tls_compression transport unix_socket use_proxy_protocol
        """)

    private static let service = NameList(
        """
        accept_interval access backlog cafile certfile check_from ciphers dhfile
        global_routes hosts ip max_fsm_queue max_stanza_size module password port
        protocol_options send_timeout shaper shaper_rule supervisor tls tls_compression
        transport unix_socket use_proxy_protocol
        """)

    private static let http = NameList(
        """
        accept_interval allow_unencrypted_sasl2 backlog cafile certfile ciphers
        custom_headers dhfile ip module port protocol_options
        request_handlers send_timeout supervisor tag tls tls_compression transport
        unix_socket use_proxy_protocol
        """)
}
