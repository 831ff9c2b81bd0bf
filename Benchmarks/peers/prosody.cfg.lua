-- What Prosody runs with when it is measured: the modules of ejabberd.yml, under Prosody's names.
-- The words that begin with a dollar sign are filled in at the start.
run_as_root = true
pidfile = "$folder/prosody.pid"
data_path = "$folder/data"
log = { warn = "$folder/log" }

modules_enabled = {
	"roster", "saslauth", "tls", "disco", "lastactivity", "offline", "ping", "private",
	"register", "time", "version", "bosh", "websocket",
}
modules_disabled = { "s2s" }

interfaces = { "127.0.0.1" }
c2s_ports = { $c2s }
c2s_direct_tls_ports = { $tls }
http_ports = { $http }
https_ports = {}
http_default_host = "localhost"
http_paths = { bosh = "$bosh", websocket = "$ws" }
ssl = { certificate = "$certificate", key = "$certificate" }

authentication = "internal_hashed"
storage = "internal"
allow_registration = true
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
consider_bosh_secure = true
consider_websocket_secure = true
c2s_stanza_size_limit = 262144

VirtualHost "localhost"
