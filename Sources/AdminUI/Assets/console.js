// What the console does better with a script. Without it every page and form works as well.

const refreshField = { "X-Console-Refresh": "1" };
let isPaused = false;
let asked = 0;

/** Fetches a page of the console; nothing when it cannot be had, or nobody is signed in. */
async function fetchPage(address, fields = {}) {
  const answer = await fetch(address, { headers: fields, credentials: "same-origin" });
  if (answer.redirected && new URL(answer.url).pathname.endsWith("/sign-in")) {
    location.reload();
    return null;
  }
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** Puts the changing parts of another version of this page in place of ours. */
function takeOver(page) {
  for (const fresh of page.querySelectorAll("[data-live]")) {
    const ours = document.querySelector(`[data-live="${CSS.escape(fresh.dataset.live)}"]`);
    if (!ours || ours.innerHTML === fresh.innerHTML) continue;
    const held = document.activeElement;
    if (ours.contains(held) && held !== document.body && !held.matches(".scroll")) continue;
    const tail = ours.querySelector("[data-tail]");
    const wasAtEnd = !tail || tail.scrollHeight - tail.scrollTop - tail.clientHeight < 40;
    const place = [tail?.scrollTop ?? 0, ours.querySelector(".scroll")?.scrollLeft ?? 0];
    ours.replaceChildren(...fresh.childNodes);
    const scrolled = ours.querySelector(".scroll");
    if (scrolled) scrolled.scrollLeft = place[1];
    if (tail && !wasAtEnd) ours.querySelector("[data-tail]").scrollTop = place[0];
    else showEnd(ours);
    polish(ours);
  }
}

/** Writes moments in the reader's own time. */
function polish(root) {
  const words = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    time.title = time.dateTime;
    time.textContent = words.format(moment);
  }
}

function showEnd(root) {
  for (const tail of root.querySelectorAll("[data-tail]")) tail.scrollTop = tail.scrollHeight;
}

// Figures and rows that follow the server

async function refresh() {
  if (isPaused || document.hidden || document.querySelector("dialog[open]")) return;
  const mine = asked;
  try {
    const page = await fetchPage(location.href, refreshField);
    if (page && mine === asked && !isPaused) takeOver(page);
  } catch {
    // The server is away; the next attempt may find it back.
  }
}

const seconds = Number(document.body.dataset.refresh);
if (seconds > 0) {
  setInterval(refresh, seconds * 1000);
  document.addEventListener("visibilitychange", refresh);
}

for (const button of document.querySelectorAll("[data-pause]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    isPaused = !isPaused;
    button.setAttribute("aria-pressed", String(isPaused));
    button.textContent = isPaused ? "Go on" : "Pause";
    refresh();
  });
}

// Filters that act while one types

for (const form of document.querySelectorAll("form.filters")) {
  let timer = 0;
  const apply = async () => {
    const address = new URL(form.action);
    for (const [name, value] of new FormData(form)) if (value) address.searchParams.set(name, value);
    const mine = ++asked;
    try {
      const page = await fetchPage(address);
      if (!page || mine !== asked) return;
      history.replaceState(null, "", address);
      takeOver(page);
    } catch {
      form.submit();
    }
  };
  form.addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(apply, event.target.matches("input") ? 200 : 0);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    apply();
  });
}

// Questions on top of the page they are about

async function ask(link) {
  const page = await fetchPage(link.href);
  const form = page?.querySelector("section.command");
  if (!form) return void (location.href = link.href);
  const dialog = document.createElement("dialog");
  const title = page.querySelector("h1");
  title.id = "dialog-title";
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.append(title, form);
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    link.focus();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) {
      event.preventDefault();
      dialog.close();
    }
  });
  polish(dialog);
  dialog.showModal();
  const first = dialog.querySelector("input:not([type=hidden]), select") ?? dialog.querySelector("button");
  first?.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-ask]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  ask(link).catch(() => (location.href = link.href));
});

document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  for (const button of event.target.querySelectorAll("button")) {
    // After the form was read, so that the button's own value goes with it.
    setTimeout(() => (button.disabled = true));
  }
});
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form button:disabled")) button.disabled = false;
});

// Colours change at once; the form remembers them

for (const form of document.querySelectorAll("form.theme")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    const chosen = event.submitter?.value ?? "system";
    document.documentElement.dataset.theme = chosen;
    for (const button of form.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.value === chosen));
    }
    const body = new URLSearchParams(new FormData(form, event.submitter));
    await fetch(form.action, { method: "POST", body, credentials: "same-origin" });
  });
}

polish(document);
showEnd(document);
document.documentElement.dataset.ready = "";
