// Values read off the lines of a chart, where the pointer is.

const units = {
  count: (value) => plain(value),
  perSecond: (value) => `${plain(value)}/s`,
  bytes: (value) => {
    const names = ["B", "KiB", "MiB", "GiB", "TiB"];
    let at = 0;
    for (; value >= 1024 && at < names.length - 1; at += 1) value /= 1024;
    return `${plain(value)}\u00a0${names[at]}`;
  },
};
const plain = (value) => Number(value.toPrecision(3)).toLocaleString("en").replace(/,/g, "\u202f");

document.addEventListener("pointermove", (event) => {
  const chart = event.target.closest?.(".chart");
  for (const other of document.querySelectorAll(".chart.is-read")) if (other !== chart) leave(other);
  const drawing = chart?.querySelector("svg[data-plot]");
  if (drawing) read(chart, drawing, event);
});
document.addEventListener("pointerout", (event) => {
  if (event.relatedTarget) return;
  for (const chart of document.querySelectorAll(".chart.is-read")) leave(chart);
});

function read(chart, drawing, event) {
  const [left, right, top, bottom, greatest, unit, span] = drawing.dataset.plot.split(" ");
  const matrix = drawing.getScreenCTM();
  const wanted = (event.clientX - matrix.e) / matrix.a;
  const lines = [...drawing.querySelectorAll("path.line")].map((path) =>
    [...(path.getAttribute("d") ?? "").matchAll(/([\d.]+) ([\d.]+)/g)]
      .map(([, x, y]) => [Number(x), Number(y)]));
  const distance = ([x]) => Math.abs(x - wanted);
  const nearest = lines.map((points) =>
    points.reduce((best, each) => (!best || distance(each) < distance(best) ? each : best), null));
  const x = nearest.find(Boolean)?.[0];
  if (x === undefined || wanted < left - 8 || wanted > Number(right) + 8) return leave(chart);
  if (!chart.matches(".is-read")) {
    chart.classList.add("is-read");
    for (const value of chart.querySelectorAll(".legend b")) value.dataset.now = value.textContent;
  }
  chart.querySelectorAll(".legend b").forEach((value, index) => {
    const y = nearest[index]?.[1];
    if (y === undefined) return;
    value.textContent = units[unit]((bottom - y) / (bottom - top) * greatest);
  });
  const when = chart.querySelector(".legend .when");
  const moment = Date.now() - (right - x) / (right - left) * span * 1000;
  when.textContent = new Date(moment).toLocaleTimeString(undefined, { timeStyle: "short" });
  when.hidden = false;
  let mark = drawing.querySelector(".at");
  if (!mark) {
    mark = document.createElementNS(drawing.namespaceURI, "line");
    mark.setAttribute("class", "at");
    mark.setAttribute("y1", top);
    mark.setAttribute("y2", bottom);
    drawing.append(mark);
  }
  mark.setAttribute("x1", x);
  mark.setAttribute("x2", x);
}

function leave(chart) {
  if (!chart.matches(".is-read")) return;
  chart.classList.remove("is-read");
  chart.querySelector(".at")?.remove();
  chart.querySelector(".legend .when").hidden = true;
  for (const value of chart.querySelectorAll(".legend b")) value.textContent = value.dataset.now;
}
