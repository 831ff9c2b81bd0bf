"""The HTTP API against its own description, and with requests as people send them."""

import contextlib
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import threading
import time

import openapi_spec_validator
import pytest
import requests
import sseclient

from harness import waiting
from harness.server import Martlet
from harness.stream import Stream
from harness.waiting import PATIENCE

HERE = pathlib.Path(__file__).parent
PASSWORD = "correct horse"
ADMIN_NAME = "console-admin"
ADMIN = f"{ADMIN_NAME}@localhost"

PERMISSIONS = """
api_permissions:
  administrators:
    who: {access: configure}
    what: "*"
  monitoring:
    from: mod_http_api
    who: {user: monitor@localhost}
    what: [status, "[tag:sessions]", "!kick_user", "!kick_session"]
  testing:
    who: {user: tester@b.localhost}
    what: "*"
  making tokens:
    who: {user: romeo@localhost}
    what: issue_token
"""

THIS_MACHINE = """
  this machine:
    who: loopback
    what: connected_users_number
"""


def with_api(server):
    """Puts the API into a server's configuration."""
    text = server.config.read_text()
    handler = "/http-bind: mod_bosh"
    assert handler in text
    server.config.write_text(text.replace(handler, f"{handler}\n      /api: mod_http_api", 1))
    return server


def make_server(more=""):
    return with_api(Martlet(more_options=PERMISSIONS + more))


@pytest.fixture(scope="module")
def api():
    """A server with the API, its administrator, and one more account."""
    server = make_server()
    server.start()
    for name in (ADMIN_NAME, "monitor", "romeo"):
        server.register(name, PASSWORD)
    yield server
    server.stop()
    server.discard()


@contextlib.contextmanager
def signed_in(server, user):
    """A session of an account, over TCP with STARTTLS."""
    with Stream(server) as stream:
        yield stream.sign_in(f"{user}@localhost", PASSWORD, "balcony", tls=True)


def issue(server, scopes="*", ttl=3600, jid=ADMIN):
    """Makes a token as an administrator does on the command line."""
    return json.loads(server.control("--json", "issue_token", jid, str(ttl), scopes))


@pytest.fixture(scope="module")
def token(api):
    return issue(api)["token"]


def call(server, name, arguments=None, token=None, auth=None, method="POST", **options):
    headers = options.pop("headers", {})
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if method == "POST":
        options.setdefault("json", {} if arguments is None else arguments)
    else:
        options.setdefault("params", arguments)
    return requests.request(
        method, f"{server.base_url}/api/{name}", headers=headers, auth=auth, timeout=PATIENCE,
        **options)


def fails(answer, status):
    """Whether an answer is a failure with this status, in the shape of all failures."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert set(body) == {"status", "code", "message"}
    assert body["status"] == "error" and body["code"] == status and body["message"]
    return answer


# What a call may be


def test_the_description_names_every_command(api, token):
    paths = requests.get(f"{api.base_url}/api/openapi.json", timeout=PATIENCE).json()["paths"]
    listed = api.control("help")
    commands = {line.split()[0] for line in listed.splitlines() if line.startswith("  ")}
    commands &= {path[1:] for path in paths} | commands
    names = {path[1:] for path in paths if "post" in paths[path]}
    assert len(names) > 25
    for name in names:
        assert name in listed
        assert call(api, name, token=token, method="DELETE").status_code == 405


def test_results(api, token):
    assert "is running" in call(api, "status", token=token).json()
    assert call(api, "status", token=token, method="GET").json().startswith("Martlet")
    assert call(api, "status", token=token, method="HEAD").text == ""
    arguments = {"user": "romeo", "host": "localhost"}
    assert call(api, "check_account", arguments, token).json() == 0
    assert call(api, "check_account", arguments, token, method="GET").json() == 0
    assert call(api, "check_account/v0", arguments, token).json() == 0
    assert call(api, "check_account/v999", arguments, token).json() == 0
    fails(call(api, "check_account/x1", arguments, token), 404)
    assert call(api, "check_account", {"user": "paris", "host": "localhost"}, token).json() == 1
    assert call(api, "user_resources", arguments, token).json() == []
    assert call(api, "connected_users_number", token=token).json() == 0
    assert call(api, "stats", {"name": "uptimeseconds"}, token).json() >= 0


def test_paging(api, token):
    for number in range(25):
        api.register(f"page{number:02}", PASSWORD, "b.localhost")
    names, after = [], ""
    while True:
        page = call(api, "registered_users", {
            "host": "b.localhost", "limit": 10, "after": after}, token).json()
        if not page:
            break
        assert len(page) <= 10
        names += page
        after = page[-1]
    assert names == [f"page{number:02}" for number in range(25)]
    assert call(api, "registered_users", {"host": "b.localhost"}, token, method="GET").json() == names


def test_statuses(api, token):
    romeo = {"user": "romeo", "host": "localhost"}
    fails(call(api, "no_such_command", token=token), 404)
    fails(call(api, "", token=token), 404)
    fails(call(api, "check_account", {}, token), 400)
    fails(call(api, "check_account", romeo | {"extra": 1}, token), 400)
    fails(call(api, "check_account", {"user": 5, "host": "localhost"}, token), 400)
    fails(call(api, "check_account", ["romeo", "localhost"], token), 400)
    fails(call(api, "check_account", {"user": "a", "host": "elsewhere.example"}, token), 404)
    fails(call(api, "kick_session", romeo | {"resource": "x"}, token), 404)
    fails(call(api, "register", romeo | {"password": "x"}, token), 409)
    json_type = {"Content-Type": "application/json"}
    fails(call(api, "status", token=token, json=None, data="{", headers=json_type), 400)
    fails(call(api, "status", token=token, json=None, data='{"a":1,"a":2}', headers=json_type), 400)
    fails(call(api, "status", token=token, json=None, data=b"\xff", headers=json_type), 400)
    fails(call(api, "status", token=token, json=None, data="[" * 5000, headers=json_type), 400)
    fails(call(api, "status?x=1", token=token), 400)
    fails(call(api, "status", {"x": 1}, token, method="GET"), 400)
    fails(call(api, "registered_users", {"host": "localhost", "limit": "ten"}, token, method="GET"),
          400)
    big = {"user": "a" * 300_000, "host": "localhost"}
    fails(call(api, "check_account", big, token), 413)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx", None):
        headers = {"Content-Type": kind} if kind else {}
        fails(call(api, "status", token=token, json=None, data="{}", headers=headers), 415)


def test_methods(api, token):
    """A command that changes something, or has a secret, is for POST alone."""
    for name in ("ban_account", "check_password", "issue_token", "stop"):
        for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE"):
            answer = call(api, name, token=token, method=method)
            assert answer.status_code == 405
            assert answer.headers["Allow"] == "POST, OPTIONS"
    answer = fails(call(api, "status", token=token, method="PUT"), 405)
    assert answer.headers["Allow"] == "POST, GET, HEAD, OPTIONS"
    answer = call(api, "status", method="OPTIONS")
    assert answer.status_code == 204 and answer.headers["Allow"] == "POST, GET, HEAD, OPTIONS"
    assert "Access-Control-Allow-Origin" not in answer.headers


# Who may


def test_nobody_without_permission(api):
    answer = fails(call(api, "status"), 401)
    assert "Bearer" in answer.headers["WWW-Authenticate"]
    assert "Basic" in answer.headers["WWW-Authenticate"]
    fails(call(api, "status", auth=("romeo@localhost", PASSWORD)), 403)
    fails(call(api, "status", auth=(ADMIN, "wrong")), 401)
    fails(call(api, "status", auth=("nobody@localhost", "wrong")), 401)
    fails(call(api, "status", auth=("admin@elsewhere.example", PASSWORD)), 401)
    fails(call(api, "status", token="mt_" + "A" * 43), 401)
    fails(call(api, "status", headers={"Authorization": "Digest a"}), 401)


def test_permissions(api):
    monitor = ("monitor@localhost", PASSWORD)
    assert call(api, "status", auth=(ADMIN, PASSWORD)).status_code == 200
    assert call(api, "status", auth=monitor).status_code == 200
    assert call(api, "connected_users", auth=monitor).json() == []
    fails(call(api, "kick_user", {"user": "romeo", "host": "localhost"}, auth=monitor), 403)
    fails(call(api, "registered_users", {"host": "localhost"}, auth=monitor), 403)


@pytest.fixture
def own_api():
    """A server of the test's own."""
    server = make_server(THIS_MACHINE)
    server.start()
    yield server
    server.stop()
    server.discard()


def test_this_machine_needs_no_password_where_permitted(own_api):
    api = own_api
    assert call(api, "connected_users_number").json() >= 0
    assert call(api, "connected_users_number", method="GET").json() >= 0
    # A page whose name leads to this machine, and a proxy that nobody trusts, are not this machine.
    fails(call(api, "connected_users_number", headers={"Host": "evil.example"}), 403)
    fails(call(api, "connected_users_number", headers={"X-Forwarded-For": "192.0.2.1"}), 401)


def test_tokens(api, token):
    made = issue(api, "status;[tag:accounts];!unregister")
    assert made["scopes"] == ["status", "[tag:accounts]", "!unregister"]
    limited = made["token"]
    romeo = {"user": "romeo", "host": "localhost"}
    assert call(api, "status", token=limited).status_code == 200
    assert call(api, "check_account", romeo, limited).status_code == 200
    fails(call(api, "unregister", romeo, limited), 403)
    fails(call(api, "connected_users", token=limited), 403)
    # A token can do no more than its owner.
    fails(call(api, "status", token=issue(api, jid="romeo@localhost")["token"]), 403)
    listed = {each["id"]: each for each in call(api, "list_tokens", token=token).json()}
    assert made["id"] in listed and listed[made["id"]]["jid"] == ADMIN
    assert limited not in json.dumps(list(listed.values()))
    assert call(api, "revoke_token", {"id": made["id"]}, token).json() == 0
    fails(call(api, "status", token=limited), 401)
    fails(call(api, "revoke_token", {"id": made["id"]}, token), 404)


def test_a_token_makes_no_greater_token(api):
    small = issue(api, "issue_token;status")["token"]
    ask = {"jid": ADMIN, "ttl": 60, "scopes": ["status"]}
    made = call(api, "issue_token", ask, small)
    assert made.status_code == 200
    assert call(api, "status", token=made.json()["token"]).status_code == 200
    fails(call(api, "issue_token", ask | {"scopes": ["*"]}, small), 403)
    fails(call(api, "issue_token", ask | {"jid": "romeo@localhost"}, small), 403)
    fails(call(api, "issue_token", ask | {"scopes": []}, small), 400)
    fails(call(api, "issue_token", ask | {"ttl": 0}, small), 400)
    assert call(api, "oauth_issue_token", ask, small).status_code == 200


def test_who_may_make_tokens_makes_them_for_the_own_account(api):
    ask = {"jid": ADMIN, "ttl": 60, "scopes": ["*"]}
    romeo = ("romeo@localhost", PASSWORD)
    fails(call(api, "issue_token", ask, auth=romeo), 403)
    own = call(api, "issue_token", ask | {"jid": romeo[0]}, auth=romeo)
    fails(call(api, "status", token=own.json()["token"]), 403)
    made = call(api, "issue_token", ask | {"jid": romeo[0]}, auth=(ADMIN, PASSWORD))
    assert made.status_code == 200


def test_no_token_of_the_old_password_is_left(api):
    """Also one that was asked for while the password changed."""
    password, name = PASSWORD, "romeo"
    for number in range(4):
        made, asked = [], threading.Semaphore(0)

        def go_on_asking():
            auth, ask = ("romeo@localhost", password), {
                "jid": "romeo@localhost", "ttl": 600, "scopes": ["issue_token"]}
            while (answer := call(api, "issue_token", ask, auth=auth)).status_code == 200:
                made.append(answer.json()["token"])
                asked.release()

        askers = [threading.Thread(target=go_on_asking) for _ in range(3)]
        for asker in askers:
            asker.start()
        for _ in range(6):
            assert asked.acquire(timeout=20)
        password = PASSWORD if number == 3 else f"{PASSWORD}-{number}"
        api.control("change_password", name, "localhost", password)
        for asker in askers:
            asker.join()
        for each in made[-12:]:
            fails(call(api, "status", token=each), 401)


def test_tokens_expire(api):
    made = time.monotonic()
    short = issue(api, ttl=1)["token"]
    first = call(api, "status", token=short).status_code
    assert first == 200 or time.monotonic() - made >= 1
    waiting.until(
        lambda: call(api, "status", token=short).status_code != 200, "the end of the token")
    fails(call(api, "status", token=short), 401)


def test_tokens_survive_a_restart_and_are_kept_as_digests():
    server = make_server()
    server.start()
    try:
        server.register(ADMIN_NAME, PASSWORD)
        made = issue(server)
        server.kill()
        server.start()
        assert call(server, "status", token=made["token"]).status_code == 200
        server.control("unregister", ADMIN_NAME, "localhost")
        server.register(ADMIN_NAME, PASSWORD)
        fails(call(server, "status", token=made["token"]), 401)
    finally:
        server.stop()
    for path in server.data.iterdir():
        if path.is_file():
            assert made["token"].encode() not in path.read_bytes(), path
    assert made["token"] not in server.log.read_text()
    rows = sqlite3.connect(server.data / "martlet.db").execute("SELECT * FROM api_token").fetchall()
    assert rows == []
    server.discard()


def test_guessing_passwords_is_slowed_down():
    server = make_server()
    server.start()
    try:
        server.register(ADMIN_NAME, PASSWORD)
        codes = [
            call(server, "status", auth=(ADMIN, f"guess {number}")).status_code
            for number in range(15)]
        assert codes[:10] == [401] * 10 and set(codes[10:]) == {429}
        answer = fails(call(server, "status", auth=(ADMIN, PASSWORD)), 429)
        assert 0 < int(answer.headers["Retry-After"]) <= 300
        assert call(server, "status", token=issue(server)["token"]).status_code == 200
    finally:
        server.stop()
    server.discard()


def test_changes_are_in_the_log_and_secrets_are_not(api, token):
    secret = "a very secret password"
    call(api, "register", {"user": "mercutio", "host": "localhost", "password": secret}, token)
    call(api, "send_message", {
        "type": "chat", "from": "localhost", "to": "romeo@localhost", "subject": "",
        "body": "a very private text"}, token)
    fails(call(api, "register", {"user": "a b", "host": "localhost", "password": secret}, token), 400)
    log = api.log.read_text()
    line = next(each for each in log.splitlines() if "command=register" in each and "mercutio" in each)
    assert f"caller={ADMIN}" in line and "address=127.0.0.1" in line and "outcome=0" in line
    assert secret not in log and "a very private text" not in log and token not in log


# What the commands do


def test_accounts(api, token):
    paris = {"user": "paris", "host": "localhost"}
    assert call(api, "register", paris | {"password": "one"}, token).json() == 0
    assert call(api, "check_password", paris | {"password": "one"}, token).json() == 0
    assert call(api, "check_password", paris | {"password": "two"}, token).json() == 1
    assert call(api, "change_password", paris | {"newpass": "two"}, token).json() == 0
    assert call(api, "check_password", paris | {"password": "two"}, token).json() == 0
    assert call(api, "ban_account", paris, token).json() == 0
    assert call(api, "check_password", paris | {"password": "two"}, token).json() == 1
    answer = fails(call(api, "status", auth=("paris@localhost", "two")), 403)
    assert "disabled" in answer.json()["message"]
    assert call(api, "unban_account", paris, token).json() == 0
    assert call(api, "check_password", paris | {"password": "two"}, token).json() == 0
    assert call(api, "unregister", paris, token).json() == 0
    fails(call(api, "unregister", paris, token), 404)
    fails(call(api, "ban_account", paris, token), 404)


def test_contacts_and_profiles(api, token):
    local = {"localuser": "romeo", "localhost": "localhost"}
    nurse = {"user": "nurse", "host": "example.com"}
    romeo = {"user": "romeo", "host": "localhost"}
    item = local | nurse | {"nick": "Nurse", "groups": ["Servants", "Servants"], "subs": "both"}
    assert call(api, "add_rosteritem", item, token).json() == 0
    assert call(api, "get_roster", romeo, token).json() == [{
        "jid": "nurse@example.com", "nick": "Nurse", "subscription": "both", "ask": "none",
        "groups": ["Servants"]}]
    assert call(api, "delete_rosteritem", local | nurse, token).json() == 0
    assert call(api, "get_roster", romeo, token, method="GET").json() == []
    fails(call(api, "delete_rosteritem", local | nurse, token), 404)
    fails(call(api, "add_rosteritem", local | romeo, token), 403)
    card = romeo | {"name": "NICKNAME"}
    assert call(api, "set_vcard", card | {"content": "<R&J>"}, token).json() == 0
    assert call(api, "get_vcard", card, token).json() == "<R&J>"
    assert call(api, "set_vcard", card | {"content": ""}, token).json() == 0
    assert call(api, "get_vcard", card, token).json() == ""
    assert call(api, "get_last", romeo, token).json() == {"timestamp": None, "status": "NOT FOUND"}
    assert call(api, "get_presence", romeo, token).json() == {
        "jid": "romeo@localhost", "show": "unavailable", "status": ""}


def test_sessions(api, token):
    romeo = {"user": "romeo", "host": "localhost"}
    with signed_in(api, "romeo") as stream:
        assert call(api, "user_resources", romeo, token).json() == ["balcony"]
        info = call(api, "user_sessions_info", romeo, token).json()[0]
        assert info["resource"] == "balcony" and info["address"] == "127.0.0.1"
        assert info["uptime"] < 60 and "TLS" in info["tls"]
        message = {"type": "chat", "from": "localhost", "to": "romeo@localhost", "subject": "",
                   "body": "a & b"}
        assert call(api, "send_message", message, token).json() == 0
        stream.read_until(lambda text: "<body>a &amp; b</body>" in text)
        fails(call(api, "send_message", message | {"from": "x@elsewhere.example"}, token), 404)
        fails(call(api, "send_message", message | {"body": "\0"}, token), 400)
        assert call(api, "kick_session", romeo | {
            "resource": "balcony", "reason": "enough"}, token).json() == 0
        assert "enough" in stream.read_to_end()
    with signed_in(api, "romeo") as stream:
        assert call(api, "ban_account", romeo | {"reason": "spam"}, token).json() == 0
        assert "spam" in stream.read_to_end()
    with pytest.raises(AssertionError, match="account-disabled"), signed_in(api, "romeo"):
        pass
    assert call(api, "unban_account", romeo, token).json() == 0
    with signed_in(api, "romeo"):
        pass


# Against its own description

# Not called: `stop` ends the server under test, `reload_config` reads its file anew each time, the
# answer of `events` has no end, and `revoke_token` revokes the run's own token, whose id the run
# reads in the list of tokens.
NEVER = ("stop", "reload_config", "events", "revoke_token")

# Checks that make no sense here. None of these commands makes a thing that another address then
# shows: there is nothing to be freed, to be there, or to belong to somebody.
SENSELESS = "use_after_free,ensure_resource_availability,object_level_authorization"


@pytest.fixture
def schemathesis_api():
    server = make_server()
    server.start()
    for name in ("romeo", "juliet"):
        server.register(name, PASSWORD)
    # The run may remove every account it hears of, but it knows of no host but localhost.
    server.register("tester", PASSWORD, "b.localhost")
    yield server
    server.stop()
    server.discard()


@pytest.mark.timeout(600)
def test_schemathesis(schemathesis_api, tmp_path):
    """Thousands of calls, right and wrong: each answer is one that the description foretells."""
    api = schemathesis_api
    token = issue(api, jid="tester@b.localhost")["token"]
    schema = requests.get(f"{api.base_url}/api/openapi.json", timeout=PATIENCE)
    assert schema.headers["Content-Type"] == "application/json"
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "harness.schemathesis_formats", "PYTHONPATH": str(HERE)}
    options = [f"--exclude-operation-id={name}" for name in NEVER]
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli",
         "--config-file", HERE / "schemathesis.toml", "run", f"{api.base_url}/api/openapi.json",
         "--header", f"Authorization: Bearer {token}", "--checks", "all",
         "--exclude-checks", SENSELESS, "--max-examples", "15", "--seed", "5280",
         "--suppress-health-check", "all", "--request-timeout", "60", "--no-color", *options],
        env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    print(done.stdout[-20_000:], done.stderr[-2000:])
    assert done.returncode == 0
    assert call(api, "status", token=token).status_code == 200


def test_the_description_is_valid(api):
    document = requests.get(f"{api.base_url}/api/openapi.json", timeout=PATIENCE).json()
    openapi_spec_validator.validate(document)


# What happens, as it happens


def watch(server, token, feeds="session,alarm", last=None, **options):
    headers = {"Accept": "text/event-stream"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if last:
        headers["Last-Event-ID"] = str(last)
    return requests.get(
        f"{server.base_url}/api/events", params={"feeds": feeds}, headers=headers, stream=True,
        timeout=PATIENCE, **options)


def test_events(api, token):
    """A session that opens and closes is told, and told again to a watcher that comes back."""
    answer = watch(api, token, "session,presence")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/event-stream"
    events = sseclient.SSEClient(answer).events()
    with signed_in(api, "romeo"):
        opened = next(each for each in events if json.loads(each.data)["event"] == "opened")
        data = json.loads(opened.data)
        assert opened.event == data["kind"] == "session" and opened.id == str(data["id"])
        assert data["jid"] == "romeo@localhost/balcony"
        assert call(api, "kick_user", {"user": "romeo", "host": "localhost"}, token).json() == 1
        closed = next(each for each in events if json.loads(each.data)["event"] == "closed")
        assert json.loads(closed.data)["jid"] == data["jid"]
    answer.close()
    again = watch(api, token, "session", last=opened.id)
    replayed = next(sseclient.SSEClient(again).events())
    assert replayed.id == closed.id and replayed.data == closed.data
    again.close()
    older = watch(api, token, "session", last=1)
    assert next(sseclient.SSEClient(older).events()).event == "lost"
    older.close()


@pytest.mark.parametrize("change", [["change_password", "another one"], ["ban_account", "why"]])
def test_tokens_and_streams_end_with_the_password_and_with_a_ban(api, change):
    name, host = f"{change[0]}-test", "b.localhost"
    api.control("register", name, host, PASSWORD)
    made = issue(api, jid=f"{name}@{host}")["token"]
    fails(call(api, "status", token=made), 403)  # good, and allowed nothing
    api.control(change[0], name, host, change[1])
    fails(call(api, "status", token=made), 401)
    api.control("unban_account", name, host)
    fails(call(api, "status", token=made), 401)
    api.control("unregister", name, host)


def test_streams_of_events_end_at_once_with_the_password():
    server = make_server()
    server.start()
    try:
        server.register(ADMIN_NAME, PASSWORD)
        stream = watch(server, issue(server)["token"], "alarm")
        assert stream.status_code == 200
        begun = time.monotonic()
        server.control("change_password", ADMIN_NAME, "localhost", "another one")
        for _ in stream.iter_content(None):
            pass
        # Far less than between two looks at permissions.
        assert time.monotonic() - begun < 30
    finally:
        server.stop()
        server.discard()


def test_events_need_permission(api, token):
    fails(watch(api, None), 401)
    fails(watch(api, issue(api, "status")["token"]), 403)
    fails(watch(api, token, "gossip"), 400)
    fails(watch(api, token, last="x"), 400)
    fails(call(api, "events", token=token), 405)
    own = watch(api, issue(api, "events")["token"])
    assert own.status_code == 200
    own.close()
