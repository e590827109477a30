// What surrounds a chart: values under the pointer or the arrow keys, a table, and files to save.

import { draw, formats, merge, style } from "./chart.js";

const { d3 } = window;

const HINT = "Arrow keys read the values.";

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
    figure.append(this.tools(), this.spoken, this.table);
    this.plot.addEventListener("pointermove", event => this.point(event));
    this.plot.addEventListener("pointerleave", () => this.select(null));
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
    const tools = element("div", { className: "tools" });
    tools.append(
      table,
      button("SVG", "save as SVG", () => this.saveSvg()),
      button("PNG", "save as PNG", () => this.savePng()),
      button("CSV", "save as CSV", () => save(new Blob([this.csv()], { type: "text/csv" }), this.fileName("csv"))),
    );
    return tools;
  }

  show(chart) {
    this.data = chart;
    this.stops = stops(chart);
    this.draw();
    this.fillTable();
  }

  draw() {
    const width = this.plot.clientWidth;
    if (!this.data || !width) return;
    this.plot.style.height = this.data.y.categories ? `${heightOfRows(this.data)}px` : "";
    const height = this.plot.clientHeight;
    this.plot.replaceChildren();
    if (!this.stops.length) {
      this.drawn = null;
      this.plot.append(element("p", { className: "soft", textContent: "No values yet." }), this.tip);
      return;
    }
    this.drawn = draw(this.plot, this.data, { width, height });
    this.drawn.svg.attr("aria-hidden", "true");
    this.cursor = this.drawn.svg.append("line").attr("class", "cursor")
      .attr("y1", this.drawn.top).attr("y2", this.drawn.bottom).attr("visibility", "hidden");
    this.plot.append(this.tip);
    // What is being read stays when live data come in.
    const at = this.stops.findIndex(stop => stop.x === this.reading);
    this.select(at < 0 ? null : at);
    this.figure.dispatchEvent(new CustomEvent("chart:drawn", { bubbles: true }));
  }

  point(event) {
    if (!this.drawn || !this.stops.length) return;
    const at = event.clientX - this.plot.getBoundingClientRect().left;
    // Points are harder to hit than curves.
    const distance = stop => Math.abs(this.drawn.x(stop.x) - at) - (stop.exact ? 8 : 0);
    this.select(d3.leastIndex(this.stops, (a, b) => distance(a) - distance(b)));
  }

  key(event) {
    const last = this.stops.length - 1;
    const to = {
      ArrowRight: this.at == null ? 0 : this.at + 1,
      ArrowLeft: this.at == null ? last : this.at - 1,
      PageDown: (this.at ?? 0) + 10,
      PageUp: (this.at ?? 0) - 10,
      Home: 0,
      End: last,
    }[event.key];
    if (event.key === "Escape") this.select(null);
    if (to === undefined || last < 0) return;
    event.preventDefault();
    this.select(Math.min(Math.max(to, 0), last));
    this.spoken.textContent = this.tip.innerText.replaceAll("\n", ", ");
  }

  select(index) {
    this.at = index;
    this.reading = index == null ? null : this.stops[index].x;
    this.tip.hidden = index == null;
    this.cursor?.attr("visibility", index == null ? "hidden" : "visible");
    if (index == null) return;
    const { x } = this.stops[index];
    const position = this.drawn.x(x);
    this.cursor.attr("x1", position).attr("x2", position);
    const show = formats(this.data);
    const head = element("strong", { textContent: `${this.data.x.label} ${show.x(x)}`.trim() });
    const rows = this.data.layers.flatMap(layer => valuesAt(layer, x).map(value => {
      const row = element("span", { className: `s${style(layer)}` });
      const name = value.z == null ? layer.name : `${this.data.y.label} ${show.y(value.y)}`;
      row.append(element("b", { textContent: name }), " ", written(value, this.data, show));
      return row;
    }));
    this.tip.replaceChildren(head, ...rows);
    const width = this.tip.offsetWidth;
    const beside = position + 12 + width < this.plot.clientWidth ? position + 12 : Math.max(position - 12 - width, 0);
    this.tip.style.transform = `translate(${beside}px, ${this.drawn.top}px)`;
  }

  /** Rows of cells: x, then each series; with the ends of its error bars where it has them. */
  rows(written) {
    const { layers, x, y, z } = this.data;
    if (z && !x.categories)
      return [[x.label, y.label, z.label], ...layers[0].points.map(p => [written(p.x, x), written(p.y, y), written(p.z, z)])];
    if (z)
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
        const cell = of => values.map(p => of(p) == null ? "" : y.categories ? p.note ?? "" : written(of(p), y)).join("; ");
        return spread(layer) ? [cell(p => p.y), cell(p => p.low), cell(p => p.high)] : [cell(p => p.y)];
      }),
    ]);
    return [header, ...body];
  }

  fillTable() {
    if (this.table.hidden || !this.data) return;
    const show = formats(this.data);
    const { x, z } = this.data;
    const [header, ...body] = this.rows((value, axis) => (axis === x ? show.x : axis === z ? show.z : show.y)(value));
    const table = element("table", {});
    table.createTHead().insertRow().append(...header.map(text => element("th", { scope: "col", textContent: text })));
    const rows = table.createTBody();
    for (const cells of body)
      rows.insertRow().append(...cells.map((text, i) => element(i ? "td" : "th", i ? { textContent: text } : { scope: "row", textContent: text })));
    this.table.replaceChildren(table);
  }

  csv() {
    const quoted = cell => /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
    const raw = (value, axis) => axis.categories ? axis.categories[value] : String(value);
    return this.rows(raw).map(cells => cells.map(quoted).join(",") + "\n").join("");
  }

  /** In light colours, whatever the page has, with all that the style sheet says written into it. */
  svgText() {
    const size = { width: 800, height: this.data.y.categories ? 30 + heightOfRows(this.data) : 450 };
    const stage = element("div", { className: "chart stage" });
    const plot = stage.appendChild(element("div", { className: "plot" }));
    document.body.append(stage);
    const { svg } = draw(plot, this.data, { ...size, title: this.title });
    svg.insert("rect", ":first-child").attr("class", "paper").attr("width", size.width).attr("height", size.height);
    svg.attr("viewBox", `-16 -12 ${size.width + 32} ${size.height + 24}`);
    svg.select(".paper").attr("x", -16).attr("y", -12).attr("width", size.width + 32).attr("height", size.height + 24);
    const styled = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "font-family", "font-size", "font-weight"];
    svg.selectAll("*").each(function () {
      const computed = getComputedStyle(this);
      for (const name of styled) this.setAttribute(name, computed.getPropertyValue(name));
      this.removeAttribute("class");
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
    return `${this.figure.id}.${extension}`;
  }
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

function written(point, chart, show) {
  if (point.z != null) return show.z(point.z);
  const value = chart.y.categories ? "" : show.y(point.y);
  const spread = point.low == null ? "" : ` (${show.y(point.low)} to ${show.y(point.high)})`;
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
