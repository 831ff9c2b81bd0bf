"""A thousand malformed streams over TCP: each gets its error, and the server is as before."""

import concurrent.futures

from conftest import PASSWORD
from harness import malformed, waiting
from harness.raw import stream_error
from harness.slix import Clients, run
from harness.stream import Stream

FRESH = 900
SIGNED_IN = 100
AT_ONCE = 16
# What allocators may keep for themselves, in KiB.
SLACK = 6 * 1024


def play(server, case, jid=None):
    """Plays one case; returns what is wrong with the answer, or None."""
    with Stream(server) as stream:
        if case.start == "open":
            stream.begin()
        elif case.start == "signed in":
            stream.sign_in(jid, PASSWORD, tls=True, presence=False)
        stream.heard = ""
        for piece in case.pieces():
            stream.send(piece)
        if case.hangs_up:
            stream.hang_up()
        try:
            heard = stream.read_to_end()
        except TimeoutError as error:
            return f"{case.name}: not closed; {error}"
        condition = stream_error(heard)
        if case.hangs_up and condition is None:
            return None
        if condition not in case.conditions:
            return f"{case.name}: {condition} instead of {sorted(case.conditions)}"
        if case.start == "fresh" and "<stream:stream" not in heard.partition("error")[0]:
            return f"{case.name}: an error without a stream header before it"
        return None


def play_all(server, cases, jid=None):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return [problem for problem in pool.map(lambda case: play(server, case, jid), cases)
                if problem]


def test_a_thousand_malformed_streams_change_nothing(server, account):
    jid = account("mallory")
    maker = malformed.Maker(server.domain, seed=1)
    # One of each first: what is made once, like pools, is not held against the server.
    problems = play_all(server, [*maker.cases(60), *maker.signed_in_cases(40)], jid)
    assert not problems, summary(problems)
    before = server.memory()
    problems = play_all(server, [*maker.cases(FRESH), *maker.signed_in_cases(SIGNED_IN)], jid)
    assert not problems, summary(problems)

    run(greets(server, account))
    waiting.until(
        lambda: server.memory() <= before + SLACK,
        f"memory to be back near {before} KiB", pause=0.5)


async def greets(server, account):
    """The server still serves a login, promptly."""
    async with Clients(server) as clients:
        client = await clients(account("romeo"), PASSWORD)
        await client["xep_0199"].send_ping(server.domain)


def test_a_trickle_of_bytes_is_a_stream_like_any_other(server):
    with Stream(server) as stream:
        text = malformed.header(server.domain)
        for letter in text:
            stream.send(letter)
        stream.read_until(lambda heard: "features>" in heard)
        stream.send("</stream:stream>")
        assert "</stream:stream>" in stream.read_to_end()


def summary(problems):
    """Every distinct problem once, with how often it came."""
    counts = {}
    for problem in problems:
        counts[problem] = counts.get(problem, 0) + 1
    lines = [f"{count:4} × {problem}" for problem, count in sorted(counts.items())]
    return f"{len(problems)} wrong answers:\n" + "\n".join(lines[:60])
