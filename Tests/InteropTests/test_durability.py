"""What the server has acknowledged survives `kill -9`."""

import asyncio

import pytest

from conftest import PASSWORD
from harness import waiting
from harness.raw import register_in_band
from harness.slix import Clients, run

pytestmark = pytest.mark.own_server


def test_acknowledged_writes_are_there_after_a_kill(own_server):
    server = own_server
    romeo_jid = server.register("romeo", PASSWORD)
    juliet = server.register("juliet", PASSWORD)
    registered = []

    async def before():
        async with Clients(server) as clients:
            romeo = await clients(romeo_jid, PASSWORD)
            # A roster set, answered.
            await romeo.update_roster(juliet, name="Juliet", groups=["Verona"])
            # Private data, answered.
            card = romeo["xep_0054"].make_vcard()
            card["FN"] = "Romeo Montague"
            await romeo["xep_0054"].publish_vcard(card)
            # Offline messages: the ping after them was answered, so they were accepted.
            for number in range(20):
                romeo.say(juliet, f"message {number}")
            await romeo["xep_0199"].send_ping(server.domain)
            # A registration, answered.
            registered.append(await asyncio.to_thread(
                register_in_band, server, "benvolio", PASSWORD, server.domain))
            server.kill()

    async def after():
        async with Clients(server) as clients:
            romeo = await clients(romeo_jid, PASSWORD)
            assert romeo.client_roster[juliet]["name"] == "Juliet"
            assert romeo.client_roster[juliet]["groups"] == ["Verona"]
            card = await romeo["xep_0054"].get_vcard(romeo_jid)
            assert card["vcard_temp"]["FN"] == "Romeo Montague"
            loved = await clients(juliet, PASSWORD)
            await loved.wait_message("message 19")
            assert [each["body"] for each in loved.messages] == [
                f"message {number}" for number in range(20)]
            await clients(registered[0], PASSWORD)

    run(before())
    server.start()
    run(after())


def test_a_kill_in_the_middle_of_writes_loses_none_that_was_answered(own_server):
    server = own_server
    jid = server.register("romeo", PASSWORD)
    answered = []

    async def write():
        async with Clients(server) as clients:
            romeo = await clients(jid, PASSWORD)

            async def add(number):
                contact = f"contact{number}@{server.domain}"
                await romeo.update_roster(contact, name=f"Contact {number}")
                answered.append(contact)

            writes = [asyncio.ensure_future(add(number)) for number in range(400)]
            while len(answered) < 100:
                await asyncio.sleep(0)
            server.kill()
            await asyncio.wait_for(romeo.is_over.wait(), waiting.PATIENCE)
            for each in writes:
                each.cancel()
            await asyncio.gather(*writes, return_exceptions=True)

    async def read():
        async with Clients(server) as clients:
            romeo = await clients(jid, PASSWORD)
            # The client may know the present version already; the answer is empty then.
            await romeo.get_roster()
            kept = {str(contact) for contact in romeo.client_roster.keys()}
            assert set(answered) <= kept

    run(write())
    server.start()
    run(read())
