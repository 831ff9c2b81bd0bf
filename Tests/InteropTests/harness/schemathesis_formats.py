"""Formats of the HTTP API's description that JSON Schema cannot say.

Addresses are judged by the tables of RFC 7622 and passwords by those of RFC 4013, which are no
regular expression: the description names them by format, and this makes some of each.
"""

import schemathesis
from hypothesis import strategies as st

# Half of them are there.
NAMES = st.one_of(
    st.sampled_from(["romeo", "juliet"]),
    st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.", min_size=1, max_size=20))
DOMAINS = st.sampled_from(["localhost", "localhost", "localhost", "example.com"])

schemathesis.openapi.format("xmpp-localpart", NAMES)
schemathesis.openapi.format("xmpp-domain", DOMAINS)
schemathesis.openapi.format(
    "xmpp-address", st.builds(lambda name, domain: f"{name}@{domain}", NAMES, DOMAINS))
schemathesis.openapi.format(
    "password", st.text("abcdefghijklmnopqrstuvwxyz0123456789!", min_size=1, max_size=50))
schemathesis.openapi.format("ip-network", st.one_of(
    st.ip_addresses().map(str),
    st.builds(lambda address, bits: f"{address}/{bits}", st.ip_addresses(v=4), st.integers(0, 32)),
    st.builds(lambda address, bits: f"{address}/{bits}", st.ip_addresses(v=6), st.integers(0, 128))))
