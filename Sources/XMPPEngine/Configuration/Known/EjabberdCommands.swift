/// The administrative commands of ejabberd 26.07 and their tags, by name.
///
/// Permissions that name one of them and Martlet does not have it warn instead of being an error.
enum EjabberdCommands {
    static let names = NameList(
        """
        abort_delete_old_mam_messages abort_delete_old_messages add_blocked_domain
        add_rosteritem add_to_spam_filter_cache announce_motd_delete announce_motd_get
        announce_motd_set_online announce_motd_update announce_send_all announce_send_online
        backup ban_account bookmarks_to_pep change_password change_room_option check_account
        check_password check_password_hash cleanup_expired_invite_tokens clear_cache compile
        connected_users connected_users_info connected_users_number connected_users_vhost
        convert_to_scram convert_to_yaml count_banned create_room create_room_with_opts
        create_rooms_file delete_expired_messages delete_expired_pubsub_items
        delete_invite_by_token delete_mnesia delete_old_mam_messages
        delete_old_mam_messages_batch delete_old_mam_messages_status delete_old_messages
        delete_old_messages_batch delete_old_messages_status delete_old_pubsub_items
        delete_old_push_sessions delete_old_users delete_old_users_vhost delete_rosteritem
        destroy_room destroy_rooms_file drop_from_spam_filter_cache dump dump_config
        dump_table echo echo3 evacuate_kindly expire_invite_by_token expire_invite_tokens
        expire_spam_filter_cache export2sql export_db export_db_abort export_db_ext
        export_db_status export_piefxis export_piefxis_host gc gen_html_doc_for_commands
        gen_markdown_doc_for_commands gen_markdown_doc_for_tags generate_invite
        generate_invite_with_username generate_reset_token get_ban_details
        get_blocked_domains get_cookie get_last get_loglevel get_mam_count get_mam_messages
        get_master get_offline_count get_offline_messages get_presence get_room_affiliation
        get_room_affiliations get_room_history get_room_occupants get_room_occupants_number
        get_room_options get_roster get_roster_count get_spam_filter_cache get_subscribers
        get_user_rooms get_user_subscriptions get_vcard get_vcard2 get_vcard2_multi halt
        help import_db import_db_abort import_db_status import_dir import_file
        import_piefxis import_prosody incoming_s2s_number install_fallback join_cluster
        join_cluster_here kick_session kick_user kick_users leave_cluster list_banned
        list_certificates list_cluster list_cluster_detailed list_invites load man
        mnesia_change mnesia_change_nodename mnesia_info mnesia_info_ctl mnesia_list_tables
        mnesia_table_change_storage mnesia_table_clear mnesia_table_destroy
        mnesia_table_details mnesia_table_info module_check module_install module_uninstall
        module_upgrade modules_available modules_installed modules_update_specs
        muc_get_registered_nick muc_get_registered_nicks muc_online_rooms
        muc_online_rooms_by_regex muc_online_rooms_count muc_register_nick
        muc_unregister_nick num_resources oauth_add_client_implicit
        oauth_add_client_password oauth_issue_token oauth_list_tokens oauth_remove_client
        oauth_revoke_token outgoing_s2s_number print_sql_schema privacy_set private_get
        private_set process_rosteritems push_alltoall push_roster push_roster_all register
        registered_users registered_vhosts reload_config reload_spam_filter_files
        remove_blocked_domain remove_mam_for_user remove_mam_for_user_with_peer reopen_log
        request_certificate resource_num restart restart_kindly restart_module restore
        revoke_certificate rooms_empty_destroy rooms_empty_list rooms_unused_destroy
        rooms_unused_destroy_skip_notifications rooms_unused_list rotate_log
        send_direct_invitation send_message send_stanza send_stanza_c2s set_last
        set_loglevel set_master set_nickname set_presence set_room_affiliation set_vcard
        set_vcard2 set_vcard2_multi srg_add srg_add_displayed srg_create srg_del_displayed
        srg_delete srg_get_displayed srg_get_info srg_get_members srg_list srg_set_info
        srg_user_add srg_user_del start stats stats_host status status_list status_list_host
        status_num status_num_host stop stop_kindly subscribe_room subscribe_room_many
        unban_account unban_ip unregister unsubscribe_room update update_list update_sql
        user_resources user_sessions_info
        """)

    static let tags = NameList(
        """
        accounts acme announce async cluster config db documentation ejabberdctl erlang
        internal last logs mam mnesia modules muc muc_room muc_sub oauth offline private
        purge roster s2s server session shared_roster_group spam sql stanza statistics vcard
        """)
}
