"""What is done to a server, and the figures that come of it."""

import asyncio
import functools
import statistics
import time

from .bosh import BOSHSession
from .sessions import TCPSession, TLSSession, WebSocketSession

KINDS = {"TCP": TCPSession, "TLS": TLSSession, "WebSocket": WebSocketSession,
         "BOSH": BOSHSession}
SIGNING_IN_AT_ONCE = 8
# Clients that sign in before memory counts, so that what is made once is in no session's share.
EARLY = 10
# Seconds: memory has settled when it was the same for so long; what happens at most until then.
STEADY = 4
LONGEST_UNREST = 15
HOLDING = 10
# The unit of figures of which more is better.
RATE = "a second"


class Broken(Exception):
    """A workload that a server did not stand; the figure is missing."""


async def at_once(jobs):
    """Runs jobs, a few at a time; the first failure ends the others."""
    turns = asyncio.Semaphore(SIGNING_IN_AT_ONCE)

    async def in_turn(job):
        async with turns:
            return await job()

    try:
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(in_turn(job))
    except ExceptionGroup as errors:
        first = errors.exceptions[0]
        if not isinstance(first, OSError):
            raise
        raise Broken(str(first)[:300]) from None


async def register_all(server, jids):
    await at_once([TLSSession(server, jid).register for jid in jids])


class Clients:
    """Signed-in clients, for as long as the block lasts."""

    def __init__(self, server, kind, jids, mechanism):
        self.sessions = [KINDS[kind](server, jid) for jid in jids]
        self.mechanism = mechanism
        self.signed_in = 0

    async def sign_in(self, count=None):
        some = self.sessions[self.signed_in:count]
        self.signed_in += len(some)
        await at_once([functools.partial(session.sign_in, self.mechanism) for session in some])

    def check(self):
        failures = [session.failure for session in self.sessions if session.failure]
        if failures:
            raise Broken(f"{len(failures)} sessions failed, the first with {failures[0]}"[:300])

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        for session in self.sessions[:self.signed_in]:
            session.count = None
            if hasattr(session, "link") or hasattr(session, "links"):
                session.close()


async def settled(server):
    """Memory in KiB, once it has stayed the same for a while or does not come to rest."""
    readings = []
    for _ in range(LONGEST_UNREST):
        readings = [*readings[-STEADY + 1:], server.memory()]
        if len(readings) == STEADY and max(readings) <= min(readings) * 1.005:
            break
        await asyncio.sleep(1)
    return statistics.median(readings)


async def idle(server, kind, jids, mechanism):
    """Memory of an idle session in KiB, CPU of a sign-in in milliseconds."""
    async with Clients(server, kind, jids, mechanism) as clients:
        await clients.sign_in(EARLY)
        memory, cpu = await settled(server), server.cpu()
        await clients.sign_in()
        cpu = server.cpu() - cpu
        memory = await settled(server) - memory
        clients.check()
    return memory / (len(jids) - EARLY), cpu / (len(jids) - EARLY) * 1000


async def pairs(server, kind, jids, mechanism, seconds, window):
    """Neighbours send each other a message for every one they get.

    Returns messages a second and CPU of a message in microseconds.
    """
    delivered = 0

    def chat(own, peer):
        stanza = (f"<message xmlns='jabber:client' to='{peer.jid}/r' type='chat'>"
                  f"<body>{'x' * 64}</body></message>")

        def count(number):
            nonlocal delivered
            delivered += number
            for _ in range(number):
                own.send(stanza)

        own.count = count
        return stanza

    async with Clients(server, kind, jids, mechanism) as clients:
        await clients.sign_in()
        begun = [(own, chat(own, clients.sessions[index ^ 1]))
                 for index, own in enumerate(clients.sessions)]
        for own, stanza in begun * window:
            own.send(stanza)
        await asyncio.sleep(1)
        first, cpu, start = delivered, server.cpu(), time.monotonic()
        await asyncio.sleep(seconds)
        count, cpu = delivered - first, server.cpu() - cpu
        elapsed = time.monotonic() - start
        clients.check()
    if not count:
        raise Broken("no message was delivered")
    return count / elapsed, cpu / count * 1e6


async def held(server, jids, mechanism):
    """BOSH sessions whose requests are all held.

    Returns memory of one in KiB and CPU of the process in milliseconds a second.
    """
    async with Clients(server, "BOSH", jids, mechanism) as clients:
        await clients.sign_in(EARLY)
        memory = await settled(server)
        await clients.sign_in()
        # New requests, so that none of them runs out while they are measured.
        for session in clients.sessions:
            session.renew()
        for _ in range(LONGEST_UNREST):
            await asyncio.sleep(1)
            open_requests = [session.open_requests for session in clients.sessions]
            if set(open_requests) == {1}:
                break
        else:
            clients.check()
            raise Broken(f"{min(open_requests)} to {max(open_requests)} requests were held, not 1")
        answers = sum(session.answers for session in clients.sessions)
        cpu = server.cpu()
        await asyncio.sleep(HOLDING)
        cpu = server.cpu() - cpu
        memory = await settled(server) - memory
        if sum(session.answers for session in clients.sessions) != answers:
            raise Broken("requests were answered while they should have been held")
        clients.check()
    return memory / (len(jids) - EARLY), cpu / HOLDING * 1000


def figures(server, chosen):
    """Runs everything that was chosen; yields name, value and unit of each figure.

    A value of None comes with the reason in place of the unit. A server that was started for the
    purpose is started anew before each workload.
    """
    server.restart()
    jids = [f"bench{number}@{server.domain}"
            for number in range(max(chosen.pairs * 2, chosen.idle, chosen.held))]
    asyncio.run(register_all(server, jids))
    starts = [server.restart()]
    yield "memory before any client", asyncio.run(settled(server)) / 1024, "MiB"

    def run(workload, *arguments, names, units):
        starts.append(server.restart())
        try:
            return zip(names, asyncio.run(workload(server, *arguments)), units)
        except Broken as error:
            return [(name, None, str(error)) for name in names]

    for kind in chosen.kinds:
        yield from run(
            idle, kind, jids[:chosen.idle], chosen.sasl,
            names=(f"memory of an idle session, {kind}", f"CPU of a sign-in, {kind}"),
            units=("KiB", "ms"))
        yield from run(
            pairs, kind, jids[:chosen.pairs * 2], chosen.sasl, chosen.seconds, chosen.window,
            names=(f"messages, {kind}", f"CPU of a message, {kind}"), units=(RATE, "µs"))
    if chosen.held:
        yield from run(
            held, jids[:chosen.held], chosen.sasl,
            names=("memory of a session, request held", "CPU while all are held"),
            units=("KiB", "ms a second"))
    if starts[0] is not None:
        yield "start to first stream header", statistics.median(starts) * 1000, "ms"
