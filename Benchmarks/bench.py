#!/usr/bin/env python3
"""Measures a server on this machine with nothing but Python's standard library.

  Benchmarks/bench.py                      the release build of this folder, started for the purpose
  Benchmarks/bench.py --against c2s=5222,tls=5223,http=5280,pid=1234 --domain localhost
                                           a server that runs already; it must allow registration

Figures that count are the server's own: CPU time and memory of its process. Messages a second are
bounded by this script, which is slower than the server, and only comparable with themselves.
"""

import argparse
import asyncio
import base64
import hashlib
import hmac
import os
import pathlib
import re
import secrets
import ssl
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Tests" / "InteropTests"))

from harness import server as harness  # noqa: E402
from harness.raw import header, register_in_band  # noqa: E402

PASSWORD = "bench"
BIND = "http://jabber.org/protocol/httpbind"


class Running(harness.Server):
    """A server that is there already."""

    def __init__(self, description, domain):
        given = {name: int(value) for name, value in
                 (part.split("=") for part in description.split(","))}
        self.ports = harness.Ports(given["c2s"], given["tls"], given["http"], 0)
        self.pid = given["pid"]
        self.domain = domain

    def register(self, user, password, domain=None):
        try:
            return register_in_band(self, user, password, domain or self.domain)
        except AssertionError as error:
            if "conflict" not in str(error):
                raise
            return f"{user}@{domain or self.domain}"


class TCPSession:
    """One signed-in client over direct TLS."""

    def __init__(self, server, jid):
        self.server, self.jid = server, jid

    async def sign_in(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.reader, self.writer = await asyncio.open_connection(
            self.server.host, self.server.ports.tls, ssl=context,
            server_hostname=self.server.domain, limit=1 << 20)
        await self.ask(header(self.server.domain), "features>")
        await log_in(self)
        await self.ask(header(self.server.domain), "features>")
        await self.ask(bind(), "</jid>")
        self.writer.write(b"<presence/>")
        return self

    async def ask(self, text, until_seen):
        self.writer.write(text.encode())
        heard = ""
        while until_seen not in heard:
            data = await self.reader.read(65536)
            if not data or "<failure" in heard:
                raise ConnectionError(heard[-300:])
            heard += data.decode()
        return heard

    async def send(self, stanza):
        self.writer.write(stanza.encode())

    async def receive(self):
        """How many messages came with the next bytes."""
        return (await self.reader.read(65536)).count(b"</message>")

    async def close(self):
        self.writer.close()


class BOSHSession:
    """One signed-in client over BOSH: one connection that waits, one that sends."""

    def __init__(self, server, jid):
        self.server, self.jid = server, jid
        self.rid, self.sid = 1, None
        self.free = []
        self.arrived = asyncio.Queue()
        self.pending = set()

    async def sign_in(self):
        answer = await self.post(
            f"to='{self.server.domain}' wait='60' hold='1' ver='1.11' "
            "xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0'")
        self.sid = re.search(r"\bsid=['\"]([^'\"]+)", answer)[1]
        await log_in(self)
        await self.post(f"to='{self.server.domain}' xmpp:restart='true' "
                        "xmlns:xmpp='urn:xmpp:xbosh'")
        await self.ask(bind(), "</jid>")
        await self.post("", "<presence xmlns='jabber:client'/>")
        self.wait()
        return self

    async def ask(self, stanza, until_seen):
        answer = await self.post("", stanza)
        while until_seen not in answer:
            if "<failure" in answer or "terminate" in answer:
                raise ConnectionError(answer[-300:])
            answer = await self.post("")
        return answer

    def wait(self):
        """Leaves one request with the server, for what it has to say."""
        task = asyncio.ensure_future(self.hear(""))
        self.pending.add(task)
        task.add_done_callback(self.pending.discard)

    async def hear(self, content):
        answer = await self.post("", content)
        self.arrived.put_nowait(answer.count("</message>"))
        if not self.pending - {asyncio.current_task()}:
            self.wait()

    async def send(self, stanza):
        task = asyncio.ensure_future(self.hear(stanza))
        self.pending.add(task)
        task.add_done_callback(self.pending.discard)

    async def receive(self):
        return await self.arrived.get()

    async def post(self, attributes, content=""):
        rid, self.rid = self.rid, self.rid + 1
        sid = f"sid='{self.sid}' " if self.sid else ""
        body = f"<body rid='{rid}' {sid}{attributes} xmlns='{BIND}'>{content}</body>".encode()
        link = self.free.pop() if self.free else await asyncio.open_connection(
            self.server.host, self.server.ports.http, limit=1 << 20)
        reader, writer = link
        writer.write(b"POST /http-bind HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n"
                     b"Content-Length: %d\r\n\r\n" % len(body) + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(re.search(r"(?i)content-length: (\d+)", head)[1])
        answer = (await reader.readexactly(length)).decode()
        self.free.append(link)
        return answer

    async def close(self):
        for task in list(self.pending):
            task.cancel()
        for _, writer in self.free:
            writer.close()


async def log_in(session):
    """SASL SCRAM-SHA-1 (RFC 5802); the server's own proof is of no interest here."""
    name, nonce = session.jid.split("@")[0], secrets.token_hex(8)
    first = f"n={name},r={nonce}"
    heard = await session.ask(sasl("auth", f"n,,{first}", " mechanism='SCRAM-SHA-1'"),
                              "</challenge>")
    challenge = base64.b64decode(re.search(r"<challenge[^>]*>([^<]*)", heard)[1]).decode()
    facts = dict(part.split("=", 1) for part in challenge.split(","))
    salted = hashlib.pbkdf2_hmac(
        "sha1", PASSWORD.encode(), base64.b64decode(facts["s"]), int(facts["i"]))
    key = hmac.digest(salted, b"Client Key", "sha1")
    final = f"c=biws,r={facts['r']}"
    signature = hmac.digest(
        hashlib.sha1(key).digest(), f"{first},{challenge},{final}".encode(), "sha1")
    proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature))).decode()
    await session.ask(sasl("response", f"{final},p={proof}"), "<success")


def sasl(element, text, attributes=""):
    return (f"<{element} xmlns='urn:ietf:params:xml:ns:xmpp-sasl'{attributes}>"
            f"{base64.b64encode(text.encode()).decode()}</{element}>")


def bind():
    return ("<iq xmlns='jabber:client' type='set' id='b'>"
            "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>")


def cpu_seconds(server):
    """User and system time of the server and its children."""
    total = 0
    for pid in harness.family(server.pid):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


async def sign_in_all(kind, server, jids):
    return [await kind(server, jid).sign_in() for jid in jids]


async def pairs(kind, server, jids, seconds):
    """Each client sends to its neighbour, which answers: one message in flight each way."""
    sessions = await sign_in_all(kind, server, jids)
    text = "x" * 64
    delivered = 0
    stop = asyncio.Event()

    async def chat(own, peer):
        nonlocal delivered
        stanza = (f"<message xmlns='jabber:client' to='{peer.jid}/r' type='chat'>"
                  f"<body>{text}</body></message>")
        await own.send(stanza)
        while not stop.is_set():
            for _ in range(await own.receive()):
                delivered += 1
                await own.send(stanza)

    chats = [asyncio.ensure_future(chat(own, sessions[index ^ 1]))
             for index, own in enumerate(sessions)]
    await asyncio.sleep(1)
    first, cpu, start = delivered, cpu_seconds(server), time.monotonic()
    await asyncio.sleep(seconds)
    count = delivered - first
    cpu, elapsed = cpu_seconds(server) - cpu, time.monotonic() - start
    stop.set()
    failures = [chat.exception() for chat in chats if chat.done() and chat.exception()]
    for each in chats:
        each.cancel()
    for session in sessions:
        await session.close()
    if failures or not count:
        raise SystemExit(f"the workload broke: {failures[:3] or 'nothing was delivered'}")
    return count / elapsed, cpu / count * 1e6


async def idle(kind, server, jids):
    """Memory of one idle session in KiB."""
    before = server.memory()
    sessions = await sign_in_all(kind, server, jids)
    await asyncio.sleep(2)
    after = server.memory()
    for session in sessions:
        await session.close()
    return (after - before) / len(sessions)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--against")
    options.add_argument("--domain", default="localhost")
    options.add_argument("--pairs", type=int, default=20)
    options.add_argument("--idle", type=int, default=200)
    options.add_argument("--seconds", type=float, default=5)
    chosen = options.parse_args()

    server = Running(chosen.against, chosen.domain) if chosen.against else harness.Martlet()
    try:
        if not chosen.against:
            start = time.monotonic()
            server.start()
            report("start to all listeners", (time.monotonic() - start) * 1000, "ms")
        report("memory before any client", server.memory() / 1024, "MiB")
        jids = [server.register(f"bench{number}", PASSWORD)
                for number in range(max(chosen.pairs * 2, chosen.idle))]
        for name, kind in (("TLS", TCPSession), ("BOSH", BOSHSession)):
            size = asyncio.run(idle(kind, server, jids[:chosen.idle]))
            report(f"memory of an idle session, {name}", size, "KiB")
            rate, cost = asyncio.run(
                pairs(kind, server, jids[:chosen.pairs * 2], chosen.seconds))
            report(f"CPU of a message, {name}", cost, "µs")
            report(f"messages, {name}", rate, "a second")
    finally:
        if not chosen.against:
            server.stop()
            server.discard()


def report(what, value, unit):
    print(f"{what:36}{value:12.1f} {unit}", flush=True)


if __name__ == "__main__":
    main()
