"""A thousand malformed BOSH requests: each gets its condition, and the server is as before."""

import concurrent.futures
import random

from conftest import PASSWORD
from harness import waiting
from harness.bosh import BIND, XBOSH, Session, post, trickle
from harness.malformed import Maker
from test_malformed_tcp import AT_ONCE, SLACK, greets, summary
from harness.slix import run

REQUESTS = 1000
MEBIBYTE = 1 << 20

# XEP-0124 §17: a terminal condition, or the HTTP error that legacy clients get for it.
BAD = {"bad-request", 400}
GONE = {"item-not-found", 404}
# A body that cannot be parsed is a bad request; XML that XMPP forbids may be named as such.
FORBIDDEN = BAD | {"stream:restricted-xml", "stream:not-well-formed"}
TOO_MUCH = BAD | {"policy-violation", "stream:policy-violation", 413}


def opening(attributes="", version="ver='1.11'", prefix="", content=""):
    rid = random.randrange(1, 1 << 40)
    return (f"{prefix}<body rid='{rid}' {version} wait='5' hold='1' {attributes} {XBOSH} "
            f"xmlns='{BIND}'>{content}</body>")


def outside(server, maker):
    """Requests that belong to no session: name, body, conditions."""
    to = f"to='{server.domain}'"
    word = maker.word
    return [
        ("nothing", "", BAD),
        ("garbage", word(20, 300), BAD),
        ("JSON", f'{{"{word()}": 1}}', BAD),
        ("binary", maker.random.randbytes(200), BAD),
        ("half a body", opening(to)[:maker.random.randint(1, 60)], BAD),
        ("another element", f"<{word()} xmlns='{BIND}'/>", BAD),
        ("another namespace", opening(to).replace(BIND, f"urn:{word()}"), BAD),
        ("two bodies", opening(to) * 2, BAD),
        ("no rid", opening(to).replace("rid=", "rad="), BAD),
        ("a rid that is no number", opening(to).replace("rid='", f"rid='{word()}"), BAD),
        ("a negative rid", opening(to).replace("rid='", "rid='-"), BAD),
        ("an endless rid", opening(to).replace("rid='", "rid='" + "9" * 40), BAD),
        ("an unknown session", opening(f"sid='{word(20, 40)}'"), GONE),
        ("no host", opening(), BAD | {"improper-addressing"}),
        ("an unknown host", opening(f"to='{word()}.example'"), {"host-unknown"}),
        ("a DTD", opening(to, prefix=f"<!DOCTYPE {word()}>"), FORBIDDEN),
        ("a billion laughs", opening(to, prefix=maker.laughs().partition("<message>")[0]),
         FORBIDDEN),
        ("a comment", opening(to, content=f"<!-- {word()} -->"), FORBIDDEN),
        ("a processing instruction", opening(to, content=f"<?{word()}z?>"), FORBIDDEN),
        ("an undefined entity", opening(to, content=f"<a>&{word()}z;</a>"), FORBIDDEN),
        ("bad UTF-8", opening(to).encode().replace(b"wait='5'", b"wait='\xff'"),
         FORBIDDEN | {"stream:unsupported-encoding"}),
        ("UTF-16", opening(to).encode("utf-16"), FORBIDDEN | {"stream:unsupported-encoding"}),
        ("too much", opening(to, content="<a>" + "x" * MEBIBYTE), TOO_MUCH),
        ("deep nesting", opening(to, content="<a>" * 3000), TOO_MUCH),
        ("many attributes", opening(
            f"{to} " + " ".join(f"a{n}=''" for n in range(3000))), TOO_MUCH),
    ]


def inside(maker):
    """What is sent inside a session: name, content, attributes, conditions."""
    word = maker.word
    return [
        ("a rid from the future", "", {"rid": 10**12}, GONE),
        ("mismatched tags", f"<a><{word()}b></a>", {}, FORBIDDEN),
        ("bad UTF-8 inside", "<a>\udcff</a>", {}, FORBIDDEN | {"stream:unsupported-encoding"}),
        ("a comment inside", "<message><!-- x --></message>", {}, FORBIDDEN),
        ("a message before login", "<message xmlns='jabber:client'><body>x</body></message>", {},
         {"stream:not-authorized", "stream:policy-violation"}),
        ("too much inside", f"<message xmlns='jabber:client'><body>{'x' * MEBIBYTE}</body>"
         "</message>", {}, TOO_MUCH),
        ("deep nesting inside", "<message xmlns='jabber:client'>" + "<a>" * 3000
         + "</a>" * 3000 + "</message>", {}, TOO_MUCH),
    ]


def judge(name, answer, conditions):
    if answer.condition in conditions or (answer.status != 200 and answer.status in conditions):
        return None
    return f"{name}: {answer} instead of {sorted(map(str, conditions))}"


def play(server, number):
    """One malformed exchange; returns what is wrong with its answer, or None."""
    maker = Maker(server.domain, seed=number)
    cases = outside(server, maker)
    insides = inside(maker)
    at = number % (len(cases) + len(insides) + 2)
    if at < len(cases):
        name, body, conditions = cases[at]
        return judge(name, post(server, body), conditions)
    at -= len(cases)
    if at < len(insides):
        name, content, attributes, conditions = insides[at]
        session = Session(server)
        body = session.body(content=content, **attributes)
        answer = post(server, body.encode("utf-8", "surrogateescape"))
        if answer.status == 200 and answer.condition is None:
            # The request was held or empty: the error comes with the next one.
            answer = session.post()
        return judge(name, answer, conditions)
    if at == len(insides):
        data = opening().encode()
        answer = trickle(server, data, declared=len(data) * 2, piece=50, hangs_up=True)
        return judge("a body shorter than its length", answer, BAD | {0}) if answer.status else None
    data = b"<body " + maker.word().encode()
    return judge("garbage, slowly", trickle(server, data, declared=len(data)), BAD)


def play_all(server, numbers):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return [problem for problem in pool.map(lambda number: play(server, number), numbers)
                if problem]


def test_a_thousand_malformed_requests_change_nothing(server, account):
    problems = play_all(server, range(100))
    assert not problems, summary(problems)
    before = server.memory()
    problems = play_all(server, range(100, 100 + REQUESTS))
    assert not problems, summary(problems)
    run(greets(server, account))
    waiting.until(
        lambda: server.memory() <= before + SLACK,
        f"memory to be back near {before} KiB", pause=0.5)


def test_too_large_a_stanza_ends_only_its_own_session(server, account, browser):
    """The same limit in a browser's session as over TCP, after login too."""
    window = browser().sign_in(account("juliet"), PASSWORD)
    other = Session(server)
    answer = other.post(content="<message xmlns='jabber:client'>" + "x" * MEBIBYTE + "</message>")
    assert judge("too much", answer, TOO_MUCH) is None
    assert window.connection() == "online"
