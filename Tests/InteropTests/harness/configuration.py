"""The configuration that the tests give the server, in the option names of its YAML file."""

import pathlib
import subprocess

STROPHE = "/usr/share/javascript/strophe"
COMPONENT = "comp.localhost"
COMPONENT_SECRET = "secret"

# Sizes that the tests of malformed streams count on.
STANZA_BYTES = 65536

# The largest file that the tests may upload.
UPLOAD_BYTES = 100 << 20

TEMPLATE = """\
hosts:
  - localhost
  - b.localhost

loglevel: info

certfiles:
  - {certificate}

listen:
  - port: {c2s}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    max_stanza_size: {stanza_bytes}
    access: c2s
    starttls: true
  - port: {tls}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    max_stanza_size: {stanza_bytes}
    access: c2s
    tls: true
  - port: {http}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers:
      /http-bind: mod_bosh
      /admin: ejabberd_web_admin
      /upload: mod_http_upload
      /.well-known/host-meta: mod_host_meta
      /.well-known/host-meta.json: mod_host_meta
      /metrics: mod_prometheus
      /http-poll: mod_http_poll
      /websocket: ejabberd_http_ws
      /: mod_http_fileserver
  - port: {component}
    ip: "127.0.0.1"
    module: ejabberd_service
    hosts:
      {component_host}:
        password: {component_secret}
{more_listeners}
{more_options}

acl:
  admin:
    user: console-admin@localhost
  local:
    user_regexp: ""
  loopback:
    ip:
      - 127.0.0.0/8
      - ::1/128

access_rules:
  configure:
    allow: admin
  local:
    allow: local
  c2s:
    allow: all
  register:
    allow: loopback

registration_timeout: infinity

modules:
  mod_bosh: {bosh}
  mod_disco: {{}}
  mod_host_meta: {host_meta}
  mod_http_fileserver:
    docroot:
      /: {public}
      /lib/strophe: {strophe}
  mod_http_upload:
    max_size: {upload_bytes}
{more_upload}
  mod_http_poll:
    http_poll_timeout: {http_poll_timeout}
  mod_last: {{}}
  mod_offline: {{}}
  mod_ping: {{}}
  mod_private: {{}}
  mod_prometheus: {metrics}
  mod_register:
    ip_access: register
  mod_roster:
    versioning: true
  mod_time: {{}}
  mod_vcard: {{}}
  mod_version: {{}}
"""


def write(server, folder, **changes):
    """Writes `server.config` and its certificate; `folder` is the web site.

    `changes` replace values of the template.
    """
    values = {
        "c2s": server.ports.c2s, "tls": server.ports.tls, "http": server.ports.http,
        "component": server.ports.component, "component_host": COMPONENT,
        "component_secret": COMPONENT_SECRET, "public": folder, "strophe": STROPHE,
        "stanza_bytes": STANZA_BYTES, "upload_bytes": UPLOAD_BYTES, "metrics": "{}",
        "http_poll_timeout": 300,
        "certificate": certificate(server.folder), "more_listeners": "", "more_options": "",
        "bosh": "{}", "more_upload": "", "host_meta": "{}",
    }
    pathlib.Path(server.config).write_text(TEMPLATE.format(**(values | changes)))


def certificate(folder):
    """A self-signed certificate and its key, in one PEM file."""
    key, chain = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "30", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,DNS:b.localhost",
         "-keyout", key, "-out", chain],
        check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes(chain.read_bytes() + key.read_bytes())
    return both
