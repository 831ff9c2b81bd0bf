"""A certificate authority, and the client certificates it makes (RFC 6120 §13.7.1)."""

import subprocess

from . import web

XMPP_ADDRESS = "1.3.6.1.5.5.7.8.5"


class Authority:
    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.file, self.key = folder / f"{name}.pem", folder / f"{name}.key"
        openssl("req", "-x509", *NEW_KEY, "-days", "30", "-subj", f"/CN={name}",
                "-keyout", self.key, "-out", self.file)

    def certify(self, name, *addresses, days=30):
        """A certificate for addresses; its file and that of its key. Ended, with negative days."""
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        certificate, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        openssl("req", *NEW_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        names = ",".join(f"otherName:{XMPP_ADDRESS};UTF8:{each}" for each in addresses)
        extensions.write_text("extendedKeyUsage=clientAuth\n"
                              + (f"subjectAltName={names}\n" if names else ""))
        openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.key,
                "-CAcreateserial", "-days", str(days), "-extfile", extensions,
                "-out", certificate)
        return certificate, key


NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def showing(certificate, key):
    """The TLS of a client that shows a certificate, and takes any of the server's."""
    context = web.trusting()
    context.load_cert_chain(certificate, key)
    return context
