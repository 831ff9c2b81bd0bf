"""Accessibility of a page as axe-core finds it (WCAG 2.2 A and AA, and its best practices)."""

import functools
import importlib.util
import pathlib

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SERIOUS = ("serious", "critical")

RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, { runOnly: { type: 'tag', values: arguments[0] }, resultTypes: ['violations'] })
  .then((found) => done(found.violations), (error) => done(String(error)));
"""


@functools.cache
def script():
    """axe-core itself; the package around it, and what that needs, is left alone."""
    package = importlib.util.find_spec("axe_playwright_python")
    return (pathlib.Path(package.origin).parent / "axe.min.js").read_text()


def findings(window):
    """What axe-core finds on the page as it is now, one line each, and how much it matters."""
    driver = window.driver
    if not driver.execute_script("return Boolean(window.axe)"):
        driver.execute_script(script())
    found = driver.execute_async_script(RUN, TAGS)
    assert isinstance(found, list), found
    return [(each["impact"], f"{each['impact']}: {each['id']}: {each['help']}: "
             + "; ".join(f"{node['target']} {summary(node)}" for node in each["nodes"]))
            for each in found]


def summary(node):
    lines = [line.strip() for line in node["failureSummary"].splitlines()[1:]]
    return ", ".join(lines)[:200]


def check(window, place):
    """No serious or critical finding; the others are printed, for whoever looks."""
    found = findings(window)
    for impact, line in found:
        print(f"{place}: {line}")
    bad = [line for impact, line in found if impact in SERIOUS]
    assert not bad, f"{place}:\n" + "\n".join(bad)
