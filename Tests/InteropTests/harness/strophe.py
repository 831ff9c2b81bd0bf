"""Strophe.js on a page of the server, as a site of one's own would use it."""

LOADED = """
const [url, jid, ...more] = arguments;
const done = more.pop();
const script = document.createElement("script");
script.src = "/lib/strophe/strophe.js";
script.onload = () => {
  window.heard = [];
  window.states = [];
  const link = window.link = new Strophe.Connection(url);
  link.addHandler((message) => {
    window.heard.push(Strophe.getText(message.getElementsByTagName("body")[0] ?? message));
    return true;
  }, null, "message");
  const begin = (...given) => link[given.shift()](...given, (status) => {
    window.states.push(status);
    changed(status);
  });
  %s
};
document.head.append(script);
"""
CONNECT = LOADED % """
  const changed = (status) => {
    if (status === Strophe.Status.CONNECTED) {
      link.send($pres());
      done(link.jid);
    }
    if ([Strophe.Status.AUTHFAIL, Strophe.Status.CONNFAIL].includes(status)) done(null);
  };
  begin("connect", jid, ...more);"""
ATTACH = LOADED % """
  const changed = (status) => {
    if (status !== Strophe.Status.ATTACHED) return;
    link.send($pres());
    link.sendIQ($iq({ type: "get", to: Strophe.getDomainFromJid(jid) })
      .c("ping", { xmlns: "urn:xmpp:ping" }), (pong) => done(pong.getAttribute("to")));
  };
  begin("attach", jid, ...more);"""


class Strophe:
    """One connection, on a page of its own."""

    def __init__(self, window, url):
        self.window, self.url = window, url

    def begin(self, script, *arguments):
        self.window.open("/")
        return self.window.driver.execute_async_script(script, self.url, *arguments)

    def connect(self, jid, password):
        """Logs in; returns the full address, or None when that is refused."""
        return self.begin(CONNECT, jid, password)

    def attach(self, jid, sid, rid):
        """Carries a BOSH session on; returns the address that the answer to a ping was sent to."""
        return self.begin(ATTACH, jid, sid, rid)

    def say(self, to, text):
        self.window.driver.execute_script(
            "link.send($msg({to: arguments[0], type: 'chat'}).c('body').t(arguments[1]))",
            to, text)

    def heard(self):
        return self.window.driver.execute_script("return heard")

    def wait_heard(self, *texts):
        """Until so many messages came; they must be these."""
        self.window.wait(lambda: len(self.heard()) >= len(texts), f"{len(texts)} messages")
        assert self.heard() == list(texts)

    def disconnect(self):
        self.window.driver.execute_script("link.disconnect('bye')")
        self.window.wait(lambda: self.window.driver.execute_script(
            "return states.includes(Strophe.Status.DISCONNECTED)"), "the end")
