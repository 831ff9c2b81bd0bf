"""What a client says until it is signed in: the same on every transport."""

import base64
import hashlib
import hmac
import re
import secrets

PASSWORD = "bench"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
# The strongest last; a server that offers none of them cannot be measured.
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-1")


async def log_in(session, features, wanted=None):
    """SASL with the wanted mechanism, or with the last of the list that is offered."""
    offered = [name for name in MECHANISMS if f">{name}<" in features]
    if not offered or wanted and wanted not in offered:
        raise ConnectionError(f"{wanted or 'no known mechanism'} is not offered: {features}")
    mechanism = wanted or offered[-1]
    name = session.jid.partition("@")[0]
    if mechanism == "PLAIN":
        await session.ask(element("auth", f"\0{name}\0{PASSWORD}", mechanism), "<success")
    else:
        await scram(session, name, mechanism)


async def scram(session, name, mechanism):
    """RFC 5802 and RFC 7677 without channel binding; the server's proof is of no interest."""
    digest = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256"}[mechanism]
    first = f"n={name},r={secrets.token_hex(8)}"
    heard = await session.ask(element("auth", f"n,,{first}", mechanism), "</challenge>")
    challenge = base64.b64decode(re.search(r"<challenge[^>]*>([^<]*)", heard)[1]).decode()
    facts = dict(part.split("=", 1) for part in challenge.split(","))
    salted = hashlib.pbkdf2_hmac(
        digest, PASSWORD.encode(), base64.b64decode(facts["s"]), int(facts["i"]))
    key = hmac.digest(salted, b"Client Key", digest)
    final = f"c=biws,r={facts['r']}"
    signature = hmac.digest(hashlib.new(digest, key).digest(),
                            f"{first},{challenge},{final}".encode(), digest)
    proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature))).decode()
    await session.ask(element("response", f"{final},p={proof}"), "<success")


def element(name, text, mechanism=None):
    attribute = f" mechanism='{mechanism}'" if mechanism else ""
    content = base64.b64encode(text.encode()).decode()
    return f"<{name} xmlns='{SASL}'{attribute}>{content}</{name}>"


def bind():
    return ("<iq xmlns='jabber:client' type='set' id='b'>"
            "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>")


def available():
    return "<presence xmlns='jabber:client'/>"


def registration(name):
    """Makes an account before signing in (XEP-0077)."""
    return ("<iq xmlns='jabber:client' type='set' id='r'><query xmlns='jabber:iq:register'>"
            f"<username>{name}</username><password>{PASSWORD}</password></query></iq>")
