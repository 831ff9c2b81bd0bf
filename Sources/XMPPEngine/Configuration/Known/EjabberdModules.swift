/// The modules of ejabberd 26.07 and their options, by name.
enum EjabberdModules {
    /// A module in here that Martlet does not have warns instead of being an error.
    static let names = NameList(
        """
        mod_adhoc mod_adhoc_api mod_admin_extra mod_admin_update_sql mod_announce
        mod_antispam mod_auth_fast mod_avatar mod_block_strangers mod_blocking mod_bosh
        mod_caps mod_carboncopy mod_client_state mod_configure mod_conversejs
        mod_delegation mod_disco mod_fail2ban mod_host_meta mod_http_api
        mod_http_fileserver mod_http_upload mod_http_upload_quota mod_invites
        mod_jidprep mod_last mod_legacy_auth mod_mam mod_matrix_gw mod_metrics mod_mix
        mod_mix_pam mod_mqtt mod_mqtt_bridge mod_muc mod_muc_admin mod_muc_log
        mod_muc_rtbl mod_multicast mod_offline mod_ping mod_pres_counter mod_privacy
        mod_private mod_privilege mod_providers mod_proxy65 mod_pubsub
        mod_pubsub_serverinfo mod_push mod_push_keepalive mod_register mod_register_web
        mod_roster mod_s2s_bidi mod_s2s_dialback mod_scram_upgrade mod_service_log
        mod_shared_roster mod_shared_roster_ldap mod_sic mod_sip mod_stats
        mod_stream_mgmt mod_stun_disco mod_time mod_vcard mod_vcard_xupdate mod_version
        """)

    /// Modules older ejabberd had, as classic configurations name them: they warn too.
    static let formerNames = NameList("mod_echo mod_http_bind mod_ip_blacklist mod_irc")

    /// What may stand in `request_handlers` of ejabberd.
    static let requestHandlers = NameList(
        """
        ejabberd_acme ejabberd_bosh ejabberd_captcha ejabberd_http_ws ejabberd_oauth
        ejabberd_web_admin ejabberd_xmlrpc mod_bosh mod_conversejs mod_host_meta
        mod_http_api mod_http_bind mod_http_fileserver mod_http_upload mod_invites
        mod_matrix_gw mod_mqtt mod_providers mod_register_web
        """)

    /// Options in here that a module of Martlet does not declare warn instead of being an error.
    static func options(of module: String) -> Set<String> {
        guard let line = optionLines.first(where: { $0.first == module[...] }) else { return [] }
        return Set(line.dropFirst().map(String.init))
    }

    /// One line a module: its name, then its options.
    private static let optionLines: [[Substring]] = {
        var lines: [[Substring]] = []
        for word in optionText.split(whereSeparator: \.isWhitespace) {
            if word.hasSuffix(":") {
                lines.append([word.dropLast()])
            } else if !lines.isEmpty {
                lines[lines.count - 1].append(word)
            }
        }
        return lines
    }()

    private static let optionText = """
        mod_adhoc: report_commands_node
        mod_adhoc_api: default_version
        mod_announce: access cache_life_time cache_missed cache_size db_type use_cache
        mod_antispam: access_spam cache_size rtbl_services spam_domains_file spam_dump_file
            spam_jids_file spam_urls_file whitelist_domains_file
        mod_auth_fast: db_type token_lifetime token_refresh_age
        mod_avatar: convert rate_limit
        mod_block_strangers: access allow_local_users allow_transports captcha drop log
        mod_bosh: cache_life_time cache_missed cache_size json max_concat max_inactivity
            max_pause prebind queue_type ram_db_type use_cache
        mod_caps: cache_life_time cache_missed cache_size db_type use_cache
        mod_client_state: queue_chat_states queue_pep queue_presence
        mod_configure: access
        mod_conversejs: bosh_service_url conversejs_css conversejs_options
            conversejs_plugins conversejs_resources conversejs_script default_domain
            websocket_url
        mod_delegation: namespaces
        mod_disco: extra_domains name server_info
        mod_fail2ban: access c2s_auth_ban_lifetime c2s_max_auth_failures
        mod_host_meta: bosh_service_url websocket_url
        mod_http_api: default_version
        mod_http_fileserver: accesslog content_types custom_headers default_content_type
            directory_indices docroot must_authenticate_with
        mod_http_upload: access append_module_config content_types custom_headers dir_mode
            docroot external_secret file_mode get_url host hosts jid_in_url max_size name
            put_url rm_on_unregister secret_length service_url thumbnail vcard
        mod_http_upload_quota: access_hard_quota access_soft_quota max_days
        mod_invites: access_create_account db_type landing_page max_invites site_name
            templates_dir token_expire_seconds webchat_url
        mod_jidprep: access
        mod_last: cache_life_time cache_missed cache_size db_type use_cache
        mod_mam: access_preferences archive_muc_as_mucsub assume_mam_usage cache_life_time
            cache_missed cache_size clear_archive_on_room_destroy compress_xml db_type
            default request_activates_archiving use_cache user_mucsub_from_muc_archive
        mod_matrix_gw: host key key_name leave_timeout matrix_domain matrix_id_as_jid
            notary_servers
        mod_metrics: ip port
        mod_mix: access_create db_type host hosts name
        mod_mix_pam: cache_life_time cache_missed cache_size db_type use_cache
        mod_mqtt: access_publish access_subscribe cache_life_time cache_missed cache_size
            db_type match_retained_limit max_queue max_topic_aliases max_topic_depth
            queue_type ram_db_type session_expiry use_cache
        mod_mqtt_bridge: replication_user servers
        mod_muc: access access_admin access_create access_mam access_persistent
            access_register append_module_config cleanup_affiliations_on_start db_type
            default_room_options hibernation_timeout history_size host hosts
            max_captcha_whitelist max_password max_room_desc max_room_id max_room_name
            max_rooms_discoitems max_user_conferences max_users max_users_admin_threshold
            max_users_presence min_message_interval min_presence_interval name preload_rooms
            queue_type ram_db_type regexp_room_id room_shaper user_message_shaper
            user_presence_shaper vcard
        mod_muc_admin: subscribe_room_many_max_users
        mod_muc_log: access_log cssfile dirname dirtype file_format file_permissions outdir
            spam_prevention timezone top_link url
        mod_muc_rtbl: rtbl_node rtbl_server
        mod_multicast: access host hosts limits name vcard
        mod_offline: access_max_user_messages bounce_groupchat cache_life_time cache_size
            db_type store_empty_body store_groupchat use_cache use_mam_for_storage
        mod_ping: ping_ack_timeout ping_interval send_pings timeout_action
        mod_pres_counter: count interval
        mod_privacy: cache_life_time cache_missed cache_size db_type use_cache
        mod_private: cache_life_time cache_missed cache_size db_type use_cache
        mod_privilege: iq message presence roster
        mod_providers: alternativeJids busFactor freeOfCharge languages legalNotice
            maximumHttpFileUploadStorageTime maximumHttpFileUploadTotalSize
            maximumMessageArchiveManagementStorageTime organization passwordReset
            professionalHosting serverLocations serverTesting since website
        mod_proxy65: access append_module_config auth_type host hostname hosts ip
            max_connections name port ram_db_type recbuf server_host shaper sndbuf vcard
        mod_pubsub: access_createnode append_module_config db_type default_node_config
            force_node_config host hosts ignore_pep_from_offline last_item_cache
            max_item_expire_node max_items_node max_nodes_discoitems max_subscriptions_node
            name nodetree pep_mapping plugins vcard
        mod_pubsub_serverinfo: pubsub_host
        mod_push: cache_life_time cache_missed cache_size db_type include_body
            include_sender notify_on use_cache
        mod_push_keepalive: resume_timeout wake_on_start wake_on_timeout
        mod_register: access access_from access_remove allow_modules captcha_protected
            ip_access password_strength redirect_url registration_watchers welcome_message
        mod_roster: access cache_life_time cache_missed cache_size db_type store_current_id
            use_cache versioning
        mod_s2s_dialback: access
        mod_scram_upgrade: offered_upgrades
        mod_service_log: loggers
        mod_shared_roster: cache_life_time cache_missed cache_size db_type use_cache
        mod_shared_roster_ldap: cache_life_time cache_missed cache_size ldap_auth_check
            ldap_backups ldap_base ldap_deref_aliases ldap_encrypt ldap_filter ldap_gfilter
            ldap_groupattr ldap_groupdesc ldap_memberattr ldap_memberattr_format
            ldap_memberattr_format_re ldap_password ldap_port ldap_rfilter ldap_rootdn
            ldap_servers ldap_tls_cacertfile ldap_tls_certfile ldap_tls_depth
            ldap_tls_verify ldap_ufilter ldap_uids ldap_userdesc ldap_userjidattr
            ldap_useruid use_cache
        mod_sip: always_record_route flow_timeout_tcp flow_timeout_udp record_route routes
            via
        mod_stream_mgmt: ack_timeout cache_life_time cache_size max_ack_queue
            max_resume_timeout queue_type resend_on_timeout resume_timeout
        mod_stun_disco: access credentials_lifetime offer_local_services secret services
        mod_vcard: allow_return_all append_module_config cache_life_time cache_missed
            cache_size db_type host hosts matches name search use_cache vcard
        mod_vcard_xupdate: cache_life_time cache_missed cache_size use_cache
        mod_version: show_os
        """
}
