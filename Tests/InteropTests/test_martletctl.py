"""The command line: what it prints, its exit codes, and who may use the control socket."""

import json
import os
import stat
import subprocess
import tempfile

import pytest

from conftest import PASSWORD
from harness import waiting
from harness.server import BINARIES, martletctl
from harness.stream import Stream

pytestmark = pytest.mark.own_server
DONE, FAILED, USAGE, UNREACHABLE = 0, 1, 2, 3
# The processes that `ejabberd_sup` starts in a classic server.
PARTS = """
    ejabberd_hooks ejabberd_node_groups ejabberd_system_monitor ejabberd_router ejabberd_sm
    ejabberd_s2s ejabberd_local ejabberd_listener ejabberd_receiver_sup ejabberd_c2s_sup
    ejabberd_s2s_in_sup ejabberd_s2s_out_sup ejabberd_service_sup ejabberd_http_sup
    ejabberd_http_poll_sup ejabberd_frontend_socket_sup ejabberd_iq_sup ejabberd_tmp_sup""".split()
# Names that promise something else than what the part is here.
NOT_SUPERVISING = ("ejabberd_tmp_sup",)
SUPERVISING = ("ejabberd_listener",)


def tool(*arguments, **options):
    """martletctl without a server chosen for it."""
    return subprocess.run(
        [BINARIES / "martletctl", *arguments], capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=waiting.PATIENCE, **options)


def test_the_status_is_told(server):
    done = martletctl(server, "status")
    assert done.returncode == DONE and "is running" in done.stdout and not done.stderr


def test_every_process_of_the_classic_tree_is_there(server):
    done = martletctl(server, "supervisor")
    assert done.returncode == DONE
    assert done.stdout.splitlines()[1].startswith("ejabberd_sup")
    root = json.loads(martletctl(server, "--json", "supervisor").stdout)
    assert root["name"] == "ejabberd_sup" and root["kind"] == "supervisor"
    children = {child["name"]: child for child in root["children"]}
    for name in PARTS:
        assert name in done.stdout, name
        assert children[name]["state"] == "running", name
        assert children[name]["restarts"] == 0, name
        assert (children[name]["kind"] == "supervisor") == (
            name.endswith("_sup") and name not in NOT_SUPERVISING or name in SUPERVISING), name


def test_each_listener_is_a_process_of_its_own(server):
    root = json.loads(martletctl(server, "--json", "supervisor").stdout)
    listener = next(each for each in root["children"] if each["name"] == "ejabberd_listener")
    told = " ".join(each["name"] for each in listener["children"])
    for port in (server.ports.c2s, server.ports.tls, server.ports.http, server.ports.component):
        assert str(port) in told


def test_an_account_from_its_beginning_to_its_end(server, run_name):
    user = f"ctl-{run_name}"

    def logs_in(password):
        with Stream(server) as stream:
            stream.begin()
            return stream.authenticate(user, password) is None

    def check(command, *arguments):
        return martletctl(server, command, user, "localhost", *arguments).returncode

    assert check("check_account") == FAILED
    assert check("register", PASSWORD) == DONE and logs_in(PASSWORD)
    assert check("check_account") == DONE
    assert check("register", PASSWORD) == FAILED
    assert check("check_password", PASSWORD) == DONE
    assert check("check_password", "wrong") == FAILED
    with Stream(server).sign_in(f"{user}@localhost", PASSWORD) as stream:
        assert check("change_password", "another") == DONE
        assert not logs_in(PASSWORD) and logs_in("another")
        assert check("unregister") == DONE
        assert stream.ended() == "not-authorized"
    assert not logs_in("another")
    assert check("unregister") == FAILED and check("change_password", "x") == FAILED


def test_a_password_comes_from_standard_input(server, run_name):
    user = f"stdin-{run_name}"
    arguments = ("register", user, "localhost", "-")
    assert martletctl(server, *arguments, given="se cret\n").returncode == DONE
    assert martletctl(server, "check_password", user, "localhost", "se cret").returncode == DONE
    assert martletctl(server, "register", f"{user}2", "localhost", "-").returncode == USAGE
    assert "se cret" not in server.log.read_text()


@pytest.mark.parametrize("arguments, code, told", [
    (("register", "a", "nowhere.example", "x"), FAILED, "nowhere.example"),
    (("register", "a b", "localhost", "x"), USAGE, ""),
    (("register", "a@b", "localhost", "x"), USAGE, ""),
    (("register", "", "localhost", "x"), USAGE, ""),
    (("register", "nobody", "localhost", ""), USAGE, ""),
    (("register", "n" * 1024, "localhost", "x"), USAGE, ""),
    (("register", "a", "localhost"), USAGE, "password"),
    (("register", "a", "localhost", "x", "y"), USAGE, ""),
    (("register",), USAGE, "user"),
    (("unregister", "nobody", "localhost"), FAILED, ""),
    (("unregister", "nobody", "nowhere.example"), FAILED, "nowhere.example"),
    (("change_password", "nobody", "localhost", "x"), FAILED, ""),
    (("no_such_command",), USAGE, "no_such_command"),
    (("statu",), USAGE, "statu"), (("status", "extra"), USAGE, ""),
    (("set_loglevel", "loud"), USAGE, "loud"),
])
def test_a_mistake_is_named(server, arguments, code, told):
    """1 when the command failed, 2 for a wrong use; the reason is on standard error."""
    done = martletctl(server, *arguments)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert done.stderr.startswith("martletctl: ") and told in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_a_server_the_exit_code_is_another(tmp_path):
    done = tool("--socket", str(tmp_path / "none.sock"), "status")
    assert done.returncode == UNREACHABLE and "no server answers" in done.stderr
    done = tool("--data", str(tmp_path), "status")
    assert done.returncode == UNREACHABLE and str(tmp_path) in done.stderr
    done = tool("--socket", "x" * 200, "status")
    assert done.returncode == UNREACHABLE and "bad socket path" in done.stderr


def test_help_and_version_need_no_server(tmp_path):
    assert tool("--version").stdout.startswith("martletctl ")
    for words in (("help",), ("--help",), ("-h",)):
        done = tool(*words, cwd=tmp_path)
        assert done.returncode == DONE and done.stdout.startswith("Usage: martletctl")
    for words in ((), ("--nonsense",), ("--socket",)):
        assert tool(*words, cwd=tmp_path).returncode == USAGE


def test_help_explains_each_command(server):
    done = martletctl(server, "help")
    assert done.returncode == DONE
    for command in ("register", "status", "supervisor", "reload_config", "stop"):
        assert command in done.stdout
        explained = martletctl(server, "help", command)
        assert explained.returncode == DONE and command in explained.stdout
    assert martletctl(server, "help", "nothing").returncode == USAGE


def test_the_server_is_found_by_data_directory_and_environment(server):
    socket = str(server.data / "martletd.sock")
    assert tool("--data", str(server.data), "status").returncode == DONE
    assert tool("status", cwd=server.data.parent).returncode == DONE
    assert tool("status", env=os.environ | {"MARTLET_SOCKET": socket}).returncode == DONE


def test_the_control_socket_is_its_owners_alone(server):
    status = (server.data / "martletd.sock").stat()
    assert stat.S_ISSOCK(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o600
    assert status.st_uid == os.geteuid()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may be somebody else")
def test_others_may_not_use_the_control_socket(server):
    """Not even with a path to it that is open to all."""

    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        link = os.path.join(folder, "linked.sock")
        os.link(server.data / "martletd.sock", link)
        copy = os.path.join(folder, "martletctl")
        with open(BINARIES / "martletctl", "rb") as binary, open(copy, "wb") as made:
            made.write(binary.read())
        os.chmod(copy, 0o755)
        done = subprocess.run([copy, "--socket", link, "status"], capture_output=True, text=True,
                              user=65534, group=65534, timeout=waiting.PATIENCE)
        assert done.returncode == UNREACHABLE and "Permission denied" in done.stderr
