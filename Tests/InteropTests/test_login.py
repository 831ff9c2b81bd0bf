"""Signing in with slixmpp: every mechanism, both kinds of TLS, refusals (RFC 6120 §5–7)."""

import pytest

from conftest import PASSWORD
from harness.slix import Clients, run


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_each_mechanism_signs_in_under_starttls(server, account, mechanism):
    jid = account("romeo")

    async def scenario():
        async with Clients(server) as clients:
            client = await clients(jid, PASSWORD, mechanism=mechanism)
            assert client.boundjid.bare == jid
            assert client["feature_mechanisms"].mech.name == mechanism

    if mechanism != "PLAIN" and mechanism not in offered_mechanisms(server):
        assert mechanism != "SCRAM-SHA-1" and server.pid is None, f"{mechanism} is not offered"
        pytest.skip(f"this server does not offer {mechanism}")
    run(scenario())


def test_direct_tls_signs_in(server, account):
    jid = account("romeo")

    async def scenario():
        async with Clients(server) as clients:
            client = await clients(jid, PASSWORD, direct_tls=True)
            assert client.boundjid.bare == jid

    run(scenario())


def test_a_wrong_password_is_refused(server, account):
    jid = account("romeo")

    async def scenario():
        async with Clients(server) as clients:
            with pytest.raises(ConnectionError):
                await clients(jid, "wrong")

    run(scenario())


def test_an_unknown_account_is_refused(server):
    async def scenario():
        async with Clients(server) as clients:
            with pytest.raises(ConnectionError):
                await clients(f"nobody@{server.domain}", PASSWORD)

    run(scenario())


def test_the_same_resource_twice_leaves_one_session(server, account):
    """RFC 6120 §7.7.2.2: the newer session takes over, or gets a resource of its own."""
    jid = account("romeo")

    async def scenario():
        async with Clients(server) as clients:
            first = await clients(f"{jid}/garden", PASSWORD)
            second = await clients(f"{jid}/garden", PASSWORD)
            if second.boundjid == first.boundjid:
                await first.is_over.wait()
                assert first.failure["condition"] == "conflict"
            second.say(second.boundjid.full, "still here")
            await second.wait_message("still here")

    run(scenario())


def test_both_virtual_hosts_serve_their_own_accounts(server, account):
    here, there = account("romeo"), account("juliet", server.second_domain)

    async def scenario():
        async with Clients(server) as clients:
            romeo = await clients(here, PASSWORD)
            juliet = await clients(there, PASSWORD)
            assert juliet.boundjid.domain == server.second_domain
            romeo.say(there, "across the wall")
            await juliet.wait_message("across the wall", sender=here)
            juliet.say(here, "and back")
            await romeo.wait_message("and back", sender=there)
            with pytest.raises(ConnectionError):
                await clients(there.replace(server.second_domain, server.domain), PASSWORD)

    run(scenario())


def offered_mechanisms(server):
    from harness.raw import RawStream

    with RawStream(server.host, server.ports.c2s) as stream:
        stream.open(server.domain)
        return stream.starttls(server.domain)
