// What surrounds a chart: values under the pointer or the arrow keys, a legend, zoom, a table, and files to save.

import { draw, entries, formats, logarithmic, merge, ramp, rampEnds, seen, shadeOf, sideOf, style, swatch } from "./chart.js";
import { copyLines } from "./copy.js";

const { d3 } = window;

const HINT = "Arrow keys read the values, plus and minus zoom, 0 shows all.";
const MOST_ROWS = 10; // under the pointer
const DRAG = 6; // pixels, from which on a press is meant to choose a part
const REST = 300; // milliseconds without scrolling, after which the wheel is meant for a chart
const KEY_ZOOM = 0.7;

let scrolled = 0;
addEventListener("scroll", () => scrolled = performance.now(), { passive: true });

/** (Re)draws the figures whose data blocks lie in the given part of the page. */
export function drawFigures(within) {
  const inside = [...within.querySelectorAll(".chart-data")];
  if (within.matches(".chart-data")) inside.push(within);
  const ids = new Set(inside.map(block => block.dataset.for));
  for (const id of ids) {
    const figure = document.getElementById(id);
    if (!figure) continue;
    const blocks = [...document.querySelectorAll(".chart-data")].filter(block => block.dataset.for === id);
    const chart = merge(blocks.map(block => JSON.parse(block.textContent)));
    if (!chart) continue;
    figure.chart ??= new Figure(figure);
    figure.chart.show(chart);
  }
}

class Figure {
  constructor(figure) {
    this.figure = figure;
    this.title = figure.querySelector("figcaption").textContent;
    this.plot = figure.querySelector(".plot");
    this.plot.tabIndex = 0;
    this.plot.setAttribute("role", "group");
    this.plot.setAttribute("aria-roledescription", "chart");
    this.plot.setAttribute("aria-label", `${this.title}. ${HINT}`);
    this.tip = element("div", { className: "tip", hidden: true });
    this.spoken = element("p", { className: "sr-only", role: "status" });
    this.table = element("div", { className: "scroll chart-table", hidden: true, tabIndex: 0, role: "region" });
    this.table.setAttribute("aria-label", `${this.title}, values`);
    this.legend = element("div", { className: "legend" });
    this.legend.setAttribute("role", "group");
    this.legend.setAttribute("aria-label", `${this.title}, legend`);
    this.view = { hidden: new Set(), xScale: null, yScale: null };
    this.zoom = {};
    this.plot.before(this.legend);
    const tools = this.tools();
    figure.append(tools, this.spoken, this.copies, this.table);
    this.plot.addEventListener("pointerdown", event => this.press(event));
    this.plot.addEventListener("pointermove", event => this.pressed ? this.drag(event) : this.point(event));
    this.plot.addEventListener("pointerup", event => this.release(event));
    this.plot.addEventListener("pointercancel", () => this.release(null));
    this.plot.addEventListener("pointerleave", () => this.select(null));
    this.plot.addEventListener("dblclick", () => this.zoomTo({}));
    this.plot.addEventListener("wheel", event => this.wheel(event), { passive: false });
    this.plot.addEventListener("blur", () => this.select(null));
    this.plot.addEventListener("keydown", event => this.key(event));
    new ResizeObserver(() => this.draw()).observe(this.plot);
  }

  tools() {
    const button = (text, name, action) => {
      const made = element("button", { type: "button", textContent: text });
      made.setAttribute("aria-label", `${this.title}: ${name}`);
      made.addEventListener("click", () => this.stops.length && action(made));
      return made;
    };
    const table = button("Table", "table of values", made => {
      this.table.hidden = !this.table.hidden;
      made.setAttribute("aria-expanded", String(!this.table.hidden));
      this.fillTable();
    });
    table.setAttribute("aria-expanded", "false");
    this.copies = element("div", { className: "copies", hidden: true });
    this.copy = button("Copy", "copy a line that fetches this", made => {
      this.copies.hidden = !this.copies.hidden;
      made.setAttribute("aria-expanded", String(!this.copies.hidden));
    });
    this.copy.setAttribute("aria-expanded", "false");
    this.copy.hidden = true;
    const tools = element("div", { className: "tools" });
    tools.append(
      table,
      button("SVG", "save as SVG", () => this.saveSvg()),
      button("PNG", "save as PNG", () => this.savePng()),
      button("CSV", "save as CSV", () => save(new Blob([this.csv()], { type: "text/csv" }), this.fileName("csv"))),
      this.copy,
    );
    return tools;
  }

  show(chart) {
    this.whole = chart;
    if (chart.source?.title) this.entitle(chart.source.title);
    const lines = chart.source?.lines ?? [];
    this.copy.hidden = !lines.length;
    if (JSON.stringify(lines) !== this.lines) this.copies.replaceChildren(...copyLines(lines, this.title));
    this.lines = JSON.stringify(lines);
    this.refresh();
  }

  entitle(title) {
    if (title === this.title) return;
    for (const named of this.figure.querySelectorAll("[aria-label]"))
      named.setAttribute("aria-label", named.getAttribute("aria-label").replace(this.title, () => title));
    this.figure.querySelector("figcaption").textContent = title;
    this.title = title;
  }

  /** After the values changed, or what readers want to see of them. */
  refresh() {
    this.data = seen(this.whole, this.view);
    this.stops = stops(this.data);
    this.fillLegend();
    this.draw();
    this.fillTable();
  }

  /** Buttons keep the focus where live data come in: they are made anew only where they change. */
  fillLegend() {
    const chart = this.whole;
    const named = entries(chart);
    const plain = !this.figure.matches(".small, .strip");
    const scales = ["x", "y"].filter(axis => plain && logarithmic(chart, axis));
    const about = JSON.stringify([chart.y.label, chart.y2?.label, chart.z && rampEnds(chart), scales, this.data.x.scale, this.data.y.scale,
      this.zoom.x || this.zoom.y ? 1 : 0, named.map(entry => [entry.name, entry.layers.map(layer => [layer.kind, layer.style, layer.shade])]), [...this.view.hidden]]);
    if (about === this.about) return;
    this.about = about;
    const focused = document.activeElement?.closest(".legend") === this.legend ? document.activeElement.dataset.name : null;
    const parts = [];
    if (chart.y.label && !this.figure.matches(".strip")) parts.push(element("span", { className: "axis-name", textContent: chart.y.label }));
    if (chart.y2) parts.push(element("span", { className: "axis-name", textContent: `right: ${chart.y2.label}` }));
    if (chart.z) parts.push(colourBar(chart));
    for (const entry of named) parts.push(this.toggle(entry, chart));
    for (const axis of scales) {
      const log = this.data[axis].scale === "log";
      parts.push(this.button(`log ${axis}`, log, () => {
        this.view[`${axis}Scale`] = log ? "linear" : "log";
        delete this.zoom[axis];
        this.refresh();
      }));
    }
    if (this.zoom.x || this.zoom.y) parts.push(this.button("Show all", null, () => this.zoomTo({})));
    this.legend.hidden = !parts.length;
    this.legend.replaceChildren(...parts);
    if (focused) [...this.legend.querySelectorAll("button")].find(made => made.dataset.name === focused)?.focus();
  }

  button(name, pressed, action) {
    const made = element("button", { type: "button", textContent: name });
    made.dataset.name = name;
    if (pressed != null) made.setAttribute("aria-pressed", String(pressed));
    made.addEventListener("click", action);
    return made;
  }

  toggle(entry, chart) {
    const made = this.button(entry.name, !this.view.hidden.has(entry.name), () => {
      if (!this.view.hidden.delete(entry.name)) this.view.hidden.add(entry.name);
      this.refresh();
    });
    const svg = d3.create("svg").attr("width", 24).attr("height", 14).attr("viewBox", "-1 -7 24 14").attr("aria-hidden", "true");
    swatch(svg.append("g"), entry, chart);
    made.prepend(svg.node());
    return made;
  }

  draw() {
    const width = this.plot.clientWidth;
    if (!this.data || !width) return;
    this.plot.style.height = this.data.y.categories ? `${heightOfRows(this.data)}px` : "";
    const height = this.plot.clientHeight;
    this.plot.replaceChildren();
    if (!this.stops.length) {
      this.drawn = null;
      const text = this.whole.layers.some(layer => layer.points.length) ? "All lines are hidden." : "No values yet.";
      this.plot.append(element("p", { className: "soft", textContent: text }), this.tip);
      return;
    }
    this.drawn = draw(this.plot, this.data, { width, height, zoom: this.zoom, id: this.figure.id });
    this.drawn.svg.attr("aria-hidden", "true");
    this.cursor = this.drawn.svg.append("line").attr("class", "cursor")
      .attr("y1", this.drawn.top).attr("y2", this.drawn.bottom).attr("visibility", "hidden");
    this.plot.append(this.tip);
    // What is being read stays when live data come in.
    const at = this.visible().findIndex(stop => stop.x === this.reading);
    this.select(at < 0 ? null : at);
    this.figure.dispatchEvent(new CustomEvent("chart:drawn", { bubbles: true }));
  }

  /** What can be read of what is seen. */
  visible() {
    const { x } = this.zoom;
    return x ? this.stops.filter(stop => stop.x >= x[0] && stop.x <= x[1]) : this.stops;
  }

  place(event) {
    const box = this.plot.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  point(event) {
    const stops = this.visible();
    if (!this.drawn || !stops.length) return;
    this.aimed = performance.now();
    const [at, height] = this.place(event);
    // Points are harder to hit than curves.
    const distance = stop => Math.abs(this.drawn.x(stop.x) - at) - (stop.exact ? 8 : 0);
    this.select(d3.leastIndex(stops, (a, b) => distance(a) - distance(b)), height);
  }

  press(event) {
    if (!this.drawn || event.button !== 0) return;
    this.pressed = this.place(event);
    this.plot.focus({ preventScroll: true });
  }

  drag(event) {
    const part = this.part(event);
    if (!part) return;
    if (!this.plot.hasPointerCapture(event.pointerId)) this.plot.setPointerCapture(event.pointerId);
    this.select(null);
    this.drawn.svg.selectAll(".chosen").data([part]).join("rect").attr("class", "chosen")
      .attr("x", p => p.x[0]).attr("width", p => p.x[1] - p.x[0]).attr("y", p => p.y[0]).attr("height", p => p.y[1] - p.y[0]);
  }

  /** The part of the plot between where a press began and where it is now; over its whole height where that is meant. */
  part(event) {
    const { left, right, top, bottom } = this.drawn;
    const [from, to] = [this.pressed, this.place(event)];
    const between = (i, least, most) => d3.extent([from[i], to[i]], at => Math.min(Math.max(at, least), most));
    const x = between(0, left, right);
    const y = between(1, top, bottom);
    const [wide, high] = [x[1] - x[0], y[1] - y[0]];
    if (Math.max(wide, high) < DRAG) return null;
    if (this.data.y.categories || high < 4 * DRAG) return wide < DRAG ? null : { x, y: [top, bottom], along: ["x"] };
    return wide < DRAG ? { x: [left, right], y, along: ["y"] } : { x, y, along: ["x", "y"] };
  }

  release(event) {
    const part = event && this.pressed && this.drawn && this.part(event);
    this.pressed = null;
    this.drawn?.svg.selectAll(".chosen").remove();
    if (!part) return;
    const zoom = { ...this.zoom };
    for (const axis of part.along) zoom[axis] = this.values(axis, part[axis]);
    this.zoomTo(zoom);
  }

  /** The values of an axis between two places, the lesser one first. */
  values(axis, places) {
    const scale = this.drawn[axis];
    if (scale.invert) return d3.extent(places, scale.invert);
    const [first, last] = scale.domain();
    const near = place => d3.least(d3.range(first, last + 1), i => Math.abs(scale(i) - place));
    return d3.extent(places, near);
  }

  /** Shows a part of x that is so many times as wide, around a place that stays where it is. */
  zoomBy(factor, place) {
    const { left, right } = this.drawn;
    if (!this.zoom.x) this.extent = this.drawn.x.domain();
    const places = [left, right].map(end => place + (end - place) * factor);
    const whole = this.whole.x.categories ? [0, this.whole.x.categories.length - 1] : this.extent;
    let x = this.values("x", places);
    if (this.whole.x.categories && factor > 1) x = [x[0] - 1, x[1] + 1];
    x = [Math.max(x[0], whole[0]), Math.min(x[1], whole[1])];
    const all = x[0] <= whole[0] && x[1] >= whole[1];
    this.zoomTo(all ? {} : { ...this.zoom, x });
  }

  zoomTo(zoom) {
    if (!this.drawn) return;
    if (zoom.x && !(zoom.x[1] > zoom.x[0]) && !this.whole.x.categories) return;
    this.zoom = zoom;
    this.fillLegend();
    this.draw();
  }

  /** The wheel is left to the page while it scrolls, and where there is nothing left to zoom out of. */
  wheel(event) {
    if (!this.drawn || event.deltaY === 0) return;
    const meant = event.ctrlKey || this.aimed > scrolled + REST || performance.now() > scrolled + REST && this.zoom.x;
    const out = event.deltaY > 0;
    if (!meant || out && !this.zoom.x && !this.zoom.y) return;
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    this.zoomBy(2 ** (Math.max(-300, Math.min(pixels, 300)) / 300), this.place(event)[0]);
  }

  key(event) {
    const stops = this.visible();
    const last = stops.length - 1;
    const middle = this.drawn && (this.at == null ? (this.drawn.left + this.drawn.right) / 2 : this.drawn.x(stops[this.at].x));
    if (event.key === "+" || event.key === "=") return this.drawn && this.zoomBy(KEY_ZOOM, middle);
    if (event.key === "-") return this.drawn && this.zoomBy(1 / KEY_ZOOM, middle);
    if (event.key === "0") return this.zoomTo({});
    const to = {
      ArrowRight: this.at == null ? 0 : this.at + 1,
      ArrowLeft: this.at == null ? last : this.at - 1,
      PageDown: (this.at ?? 0) + 10,
      PageUp: (this.at ?? 0) - 10,
      Home: 0,
      End: last,
    }[event.key];
    if (event.key === "Escape") {
      this.pressed = null;
      this.select(null);
      this.zoomTo({});
    }
    if (to === undefined || last < 0) return;
    event.preventDefault();
    this.select(Math.min(Math.max(to, 0), last));
    this.spoken.textContent = this.tip.innerText.replaceAll("\n", ", ");
  }

  /** @param height of the pointer: of very many values those near to it are told */
  select(index, height) {
    this.at = index;
    const stops = this.visible();
    this.reading = index == null ? null : stops[index].x;
    this.tip.hidden = index == null;
    this.cursor?.attr("visibility", index == null ? "hidden" : "visible");
    if (index == null) return;
    const { x } = stops[index];
    const position = this.drawn.x(x);
    this.cursor.attr("x1", position).attr("x2", position);
    const show = formats(this.data);
    const head = element("strong", { textContent: `${this.data.x.label} ${show.x(x)}`.trim() });
    const values = this.data.layers.flatMap(layer => valuesAt(layer, x).map(value => ({ layer, value })));
    const told = this.told(values, height);
    const rows = told.map(({ layer, value }) => {
      const row = element("span", { className: `s${style(layer)}` });
      if (layer.shade != null) row.style.setProperty("--ink-of-row", shadeOf(layer, this.data));
      const name = value.z == null ? layer.name : `${this.data.y.label} ${show.y(value.y)}`;
      row.append(element("b", { textContent: name }), " ", written(value, this.data, show, sideOf(layer)));
      return row;
    });
    if (told.length < values.length) rows.push(element("i", { textContent: `${values.length - told.length} more; the table has all` }));
    this.tip.replaceChildren(head, ...rows);
    const width = this.tip.offsetWidth;
    const beside = position + 12 + width < this.plot.clientWidth ? position + 12 : Math.max(position - 12 - width, 0);
    this.tip.style.transform = `translate(${beside}px, ${this.drawn.top}px)`;
  }

  told(values, height) {
    if (values.length <= MOST_ROWS) return values;
    const far = ({ layer, value }) => height == null ? Number(!!layer.unnamed) : Math.abs((this.drawn[sideOf(layer)])(value.y) - height);
    const near = new Set(d3.sort(values, far).slice(0, MOST_ROWS));
    return values.filter(each => near.has(each));
  }

  /** Rows of cells: x, then each series; with the ends of its error bars where it has them. */
  rows(written) {
    const { layers, x, y, z } = this.data;
    const heat = layers.some(layer => layer.kind === "HEAT");
    if (heat && !x.categories)
      return [[x.label, y.label, z.label], ...layers[0].points.map(p => [written(p.x, x), written(p.y, y), written(p.z, z)])];
    if (heat)
      return [[x.label, ...y.categories.map(name => `${y.label} ${name}`.trim())], ...this.stops.map(stop => [
        written(stop.x, x),
        ...y.categories.map((_, row) => layers[0].points.filter(p => p.x === stop.x && p.y === row).map(p => written(p.z, z)).join("; ")),
      ])];
    const spread = layer => layer.points.some(p => p.low != null);
    const header = [x.label || "x", ...layers.flatMap(l => spread(l) ? [l.name, `${l.name}, from`, `${l.name}, to`] : [l.name])];
    const body = this.stops.map(stop => [
      written(stop.x, x),
      ...layers.flatMap(layer => {
        const values = layer.points.filter(p => p.x === stop.x);
        const axis = this.data[sideOf(layer)];
        const cell = of => values.map(p => of(p) == null ? "" : y.categories ? p.note ?? "" : written(of(p), axis)).join("; ");
        return spread(layer) ? [cell(p => p.y), cell(p => p.low), cell(p => p.high)] : [cell(p => p.y)];
      }),
    ]);
    return [header, ...body];
  }

  fillTable() {
    if (this.table.hidden || !this.data) return;
    const show = formats(this.data);
    const { x, y2, z } = this.data;
    const [header, ...body] = this.rows((value, axis) => (axis === x ? show.x : axis === z ? show.z : axis === y2 ? show.y2 : show.y)(value));
    const table = element("table", {});
    table.createTHead().insertRow().append(...header.map(text => element("th", { scope: "col", textContent: text })));
    const rows = table.createTBody();
    for (const cells of body)
      rows.insertRow().append(...cells.map((text, i) => element(i ? "td" : "th", i ? { textContent: text } : { scope: "row", textContent: text })));
    this.table.replaceChildren(table);
  }

  csv() {
    return commaSeparated(this.rows((value, axis) => axis.categories ? axis.categories[value] : String(value)));
  }

  /** In light colours, whatever the page has, with all that the style sheet says written into it. */
  svgText() {
    const size = { width: 800, height: 450 + 6 * entries(this.data).length };
    if (this.data.y.categories) size.height = 30 + heightOfRows(this.data);
    const stage = element("div", { className: "chart stage" });
    const plot = stage.appendChild(element("div", { className: "plot" }));
    document.body.append(stage);
    const { svg } = draw(plot, this.data, { ...size, title: this.title, zoom: this.zoom });
    svg.insert("rect", ":first-child").attr("class", "paper").attr("width", size.width).attr("height", size.height);
    svg.attr("viewBox", `-16 -12 ${size.width + 32} ${size.height + 24}`);
    svg.select(".paper").attr("x", -16).attr("y", -12).attr("width", size.width + 32).attr("height", size.height + 24);
    const styled = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "font-family", "font-size", "font-weight", "opacity"];
    svg.selectAll("*").each(function () {
      const computed = getComputedStyle(this);
      for (const name of styled) this.setAttribute(name, computed.getPropertyValue(name));
      this.removeAttribute("class");
      this.removeAttribute("style");
    });
    const text = new XMLSerializer().serializeToString(svg.node());
    stage.remove();
    return text;
  }

  saveSvg() {
    save(new Blob([this.svgText()], { type: "image/svg+xml" }), this.fileName("svg"));
  }

  async savePng() {
    const url = URL.createObjectURL(new Blob([this.svgText()], { type: "image/svg+xml" }));
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = element("canvas", { width: image.width * 2, height: image.height * 2 });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(url);
    canvas.toBlob(blob => save(blob, this.fileName("png")), "image/png");
  }

  fileName(extension) {
    return `${this.whole.source?.file ?? this.figure.id}.${extension}`;
  }
}

const commaSeparated = rows => rows.map(cells => cells.map(quoted).join(",") + "\n").join("");
const quoted = cell => /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;

/** Saves a table of the page as it is shown, without the columns of buttons. */
export function saveTable(table, file) {
  const heads = [...table.tHead.rows[0].cells];
  const kept = heads.flatMap((head, i) => i && !head.innerText.trim() || head.querySelector(".sr-only") ? [] : [i]);
  const rows = [...table.rows].map(row => kept.map(i => cellText(row.cells[i])));
  save(new Blob([commaSeparated(rows)], { type: "text/csv" }), `${file}.csv`);
}

/** What a cell says: times in full, for they are read later, and pictures by their addresses. */
function cellText(cell) {
  let text = cell.innerText;
  for (const time of cell.querySelectorAll("time[datetime]")) text = text.replace(time.innerText, () => time.dateTime);
  return text.trim().replaceAll(/\s*\n\s*/g, "; ") || cell.querySelector("a[href]")?.href || "";
}

/** The colours of a third axis. */
function colourBar(chart) {
  const bar = element("span", { className: "ramp" });
  const svg = d3.create("svg").attr("width", 97).attr("height", 14).attr("viewBox", "0 -7 97 14").attr("aria-hidden", "true");
  ramp(svg, chart, 0);
  const [from, to] = rampEnds(chart);
  bar.append(from, svg.node(), to);
  return bar;
}

const heightOfRows = chart => chart.z ? 80 + 32 * chart.y.categories.length : 46 + 24 * chart.y.categories.length;

/** The x values that can be read, from left to right. */
function stops(chart) {
  const exact = new Map();
  for (const layer of chart.layers)
    for (const p of layer.points) exact.set(p.x, exact.get(p.x) || layer.kind !== "LINE");
  return [...exact].map(([x, isExact]) => ({ x, exact: isExact })).sort((a, b) => a.x - b.x);
}

/** A series' points at x; between its points, curves are straight. */
function valuesAt(layer, x) {
  const found = layer.points.filter(p => p.x === x);
  if (found.length || layer.kind !== "LINE") return found;
  const i = d3.bisector(p => p.x).left(layer.points, x);
  if (i === 0 || i === layer.points.length) return [];
  const [a, b] = [layer.points[i - 1], layer.points[i]];
  const between = of => of(a) == null ? null : of(a) + (of(b) - of(a)) * (x - a.x) / (b.x - a.x);
  return [{ x, y: between(p => p.y), low: between(p => p.low), high: between(p => p.high) }];
}

function written(point, chart, show, side) {
  if (point.z != null) return show.z(point.z);
  const value = chart.y.categories ? "" : show[side](point.y);
  const spread = point.low == null ? "" : ` (${show[side](point.low)} to ${show[side](point.high)})`;
  return [value + spread, point.note].filter(Boolean).join(" · ");
}

function save(blob, name) {
  const url = URL.createObjectURL(blob);
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

const element = (name, properties) => {
  const { role, ...rest } = properties;
  const made = Object.assign(document.createElement(name), rest);
  if (role) made.setAttribute("role", role);
  return made;
};
