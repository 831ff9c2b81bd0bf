// What the console does better with a script. Without it every page and form works as well.

import "./chart.js";

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
    if (!ours || served.get(ours) === fresh.innerHTML || isBeingRead(ours)) continue;
    served.set(ours, fresh.innerHTML);
    const giveBack = keepFocus(ours);
    const tail = ours.querySelector("[data-tail]");
    const wasAtEnd = !tail || tail.scrollHeight - tail.scrollTop - tail.clientHeight < 40;
    const place = [tail?.scrollTop ?? 0, ours.querySelector(".scroll")?.scrollLeft ?? 0];
    ours.replaceChildren(...fresh.childNodes);
    polish(ours);
    const scrolled = ours.querySelector(".scroll");
    if (scrolled) scrolled.scrollLeft = place[1];
    if (tail && !wasAtEnd) ours.querySelector("[data-tail]").scrollTop = place[0];
    else showEnd(ours);
    giveBack();
  }
}

/** The parts as the server sent them, to see whether another version differs. */
const served = new Map();
for (const part of document.querySelectorAll("[data-live]")) served.set(part, part.innerHTML);

/** Whether somebody selects text there, or reads values off a chart. */
function isBeingRead(part) {
  const selection = getSelection();
  return part.matches(".is-read")
    || (selection && !selection.isCollapsed && part.contains(selection.anchorNode));
}

/** Remembers where in a part the focus is; returns what gives it back to its successor. */
function keepFocus(part) {
  const held = document.activeElement;
  if (!part.contains(held) || held === document.body) return () => {};
  const name = (each) => [each.tagName, each.getAttribute("href"), each.getAttribute("aria-label"),
    each.textContent].join("\n");
  const among = () => [...part.querySelectorAll("a, button, [tabindex]")];
  const wanted = name(held);
  const place = among().indexOf(held);
  return () => {
    const all = among();
    const same = held.matches(".scroll") ? part.querySelector(".scroll")
      : all.find((each) => name(each) === wanted);
    (same ?? all[Math.min(place, all.length - 1)] ?? document.getElementById("main"))
      .focus({ preventScroll: true });
  };
}

// Moments in the reader's own time, and how long ago they were

const words = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const ago = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

function describe(moment) {
  const seconds = Math.max(0, (Date.now() - moment) / 1000);
  if (seconds < 45) return "just now";
  if (seconds < 3600) return ago.format(-Math.max(1, Math.round(seconds / 60)), "minute");
  if (seconds < 86400) return ago.format(-Math.round(seconds / 3600), "hour");
  return words.format(moment);
}

function polish(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    time.title = `${words.format(moment)} (${time.dateTime})`;
    time.textContent = describe(moment);
  }
  for (const table of root.querySelectorAll("table[data-sorts]")) makeSortable(table);
}

setInterval(() => {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const text = describe(new Date(time.dateTime));
    if (time.textContent !== text) time.textContent = text;
  }
}, 30000);

// A few words over the page

const word = document.querySelector(".word");
let wordEnds = 0;

function say(text, milliseconds) {
  clearTimeout(wordEnds);
  if (word.textContent !== text) word.textContent = text;
  if (milliseconds) wordEnds = setTimeout(() => (word.textContent = ""), milliseconds);
}

// Figures and rows that follow the server

function showEnd(root) {
  for (const tail of root.querySelectorAll("[data-tail]")) tail.scrollTop = tail.scrollHeight;
}

let heard = new Date();
let isAway = false;

async function refresh() {
  if (isPaused || document.hidden || document.querySelector("dialog[open]")) return;
  const mine = asked;
  try {
    const page = await fetchPage(location.href, refreshField);
    if (!page) return;
    if (!page.querySelector("[data-live]")) throw new Error("an error page");
    if (mine === asked && !isPaused) takeOver(page);
    heard = new Date();
    if (isAway) say("The server answers again.", 4000);
    isAway = false;
  } catch {
    isAway = true;
    const time = heard.toLocaleTimeString();
    say(`No answer from the server. What you see is of ${time}; trying again.`);
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

// Rows in the order of a column

const orders = new Map();
const collator = new Intl.Collator("en", { numeric: true });

function makeSortable(table) {
  const part = table.closest("[data-live]")?.dataset.live;
  table.querySelectorAll("thead th").forEach((head, column) => {
    if (head.querySelector(".unseen")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const isDown = orders.get(part)?.column === column && !orders.get(part).isDown;
      orders.set(part, { column, isDown });
      sort(table, orders.get(part));
    });
  });
  if (orders.has(part)) sort(table, orders.get(part));
}

function sort(table, { column, isDown }) {
  table.querySelectorAll("thead th").forEach((head, index) => {
    if (index === column) head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  });
  const key = (row) => {
    const cell = row.cells[column];
    return cell.querySelector("time")?.dateTime
      ?? (cell.matches(".none") ? "" : cell.textContent.replace(/\u202f/g, ""));
  };
  const rows = [...table.tBodies[0].rows].map((row) => [key(row), row]);
  rows.sort(([a], [b]) => collator.compare(a, b) * (isDown ? -1 : 1));
  table.tBodies[0].append(...rows.map(([, row]) => row));
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
  // What cannot be undone is not one key away.
  const button = dialog.querySelector("form .button.bad") ? "[data-close]" : "form button";
  const first = dialog.querySelector("input:not([type=hidden]), select, textarea");
  (first ?? dialog.querySelector(button))?.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-ask]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  if (!window.HTMLDialogElement) return;
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

// Addresses for other programs

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      say("Copied.", 2000);
    } catch {
      say("The browser did not allow it.", 4000);
    }
  });
}

// Colours change at once; the form remembers them

const darkWhen = { system: "(prefers-color-scheme: dark)", light: "not all", dark: "all" };

for (const form of document.querySelectorAll("form.theme")) {
  form.addEventListener("submit", async (event) => {
    const chosen = event.submitter?.value;
    if (!chosen) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    document.documentElement.dataset.theme = chosen;
    document.querySelector("link[data-dark]").media = darkWhen[chosen];
    for (const button of form.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.value === chosen));
    }
    const body = new URLSearchParams(new FormData(form));
    body.set("theme", chosen);
    await fetch(form.action, { method: "POST", body, credentials: "same-origin" });
  });
}

polish(document);
showEnd(document);
document.documentElement.dataset.ready = "";
