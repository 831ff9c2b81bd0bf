/// The top-level options of ejabberd 26.07, by name.
enum EjabberdServerOptions {
    /// An option in here that Martlet does not declare warns instead of being an error.
    static let names = NameList(
        """
        access_rules acl acme allow_contrib_modules allow_multiple_connections
        anonymous_protocol api_permissions append_host_config auth_cache_life_time
        auth_cache_missed auth_cache_size auth_external_user_exists_check auth_method
        auth_opts auth_password_format auth_password_types_hidden_in_sasl1
        auth_scram_hash auth_stored_password_types auth_use_cache c2s_cafile c2s_ciphers
        c2s_dhfile c2s_protocol_options c2s_tls_compression ca_file cache_life_time
        cache_missed cache_size captcha_cmd captcha_host captcha_limit captcha_url
        certfiles cluster_backend cluster_nodes default_db default_ram_db define_keyword
        define_macro disable_sasl_mechanisms disable_sasl_scram_downgrade_protection
        domain_balancing ext_api_headers ext_api_http_pool_size ext_api_path_oauth
        ext_api_url extauth_pool_name extauth_pool_size extauth_program fqdn
        hide_sensitive_log_data host_config hosts hosts_alias include_config_file
        install_contrib_modules jwt_auth_only_rule jwt_jid_field jwt_key language
        ldap_backups ldap_base ldap_deref_aliases ldap_dn_filter ldap_encrypt
        ldap_filter ldap_password ldap_port ldap_rootdn ldap_servers ldap_tls_cacertfile
        ldap_tls_certfile ldap_tls_depth ldap_tls_verify ldap_uids listen
        log_burst_limit_count log_burst_limit_window_time log_modules_fully
        log_rotate_count log_rotate_size loglevel max_fsm_queue modules
        negotiation_timeout net_ticktime oauth_access oauth_cache_life_time
        oauth_cache_missed oauth_cache_rest_failure_life_time oauth_cache_size
        oauth_client_id_check oauth_db_type oauth_expire oauth_use_cache oom_killer
        oom_queue oom_watermark outgoing_s2s_families outgoing_s2s_ipv4_address
        outgoing_s2s_ipv6_address outgoing_s2s_port outgoing_s2s_timeout pam_service
        pam_userinfotype pgsql_users_number_estimate queue_dir queue_type
        redis_connect_timeout redis_db redis_password redis_pool_size redis_port
        redis_queue_type redis_server registration_timeout replaced_connection_timeout
        resource_conflict rest_proxy rest_proxy_password rest_proxy_port
        rest_proxy_username router_cache_life_time router_cache_missed router_cache_size
        router_db_type router_use_cache rpc_timeout s2s_access s2s_cafile s2s_ciphers
        s2s_dhfile s2s_dns_retries s2s_dns_timeout s2s_max_retry_delay
        s2s_protocol_options s2s_queue_type s2s_timeout s2s_tls_compression
        s2s_use_starttls s2s_zlib shaper shaper_rules sm_cache_life_time sm_cache_missed
        sm_cache_size sm_db_type sm_use_cache sql_connect_timeout sql_database sql_flags
        sql_keepalive_interval sql_odbc_driver sql_password sql_pool_size sql_port
        sql_prepared_statements sql_query_timeout sql_queue_type sql_schema_multihost
        sql_server sql_ssl sql_ssl_cafile sql_ssl_certfile sql_ssl_verify
        sql_start_interval sql_type sql_username trusted_proxies update_sql_schema
        update_sql_schema_timeout use_cache validate_stream version websocket_origin
        websocket_ping_interval websocket_timeout
        """)
}
