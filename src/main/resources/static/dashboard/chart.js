// Draws charts as SVG with D3. What a chart holds is described by Chart.java.

const { d3 } = window;

const TICK = 12; // font size
const SYMBOLS = [d3.symbolCircle, d3.symbolSquare, d3.symbolTriangle, d3.symbolDiamond, d3.symbolCross, d3.symbolStar];
export const STYLES = 6;

const format = axis => axis.categories ? i => axis.categories[i] ?? "" : d3.format(axis.format);

/** One chart of the parts that share an id; the first part that has axes gives them. */
export function merge(parts) {
  const whole = parts.find(part => part.x);
  const others = parts.filter(part => part !== whole);
  return whole && { ...whole, layers: [whole, ...others].flatMap(part => part.layers) };
}

/** How the values of an axis are written. */
export const formats = chart => ({ x: format(chart.x), y: format(chart.y), z: chart.z && format(chart.z) });

function scale(axis, values, range) {
  if (axis.scale === "band") {
    const band = d3.scaleBand(d3.range(axis.categories.length), range).paddingInner(0.2).paddingOuter(0.1);
    return Object.assign(value => band(value) + band.bandwidth() / 2, { band });
  }
  const [least, most] = d3.extent(values);
  const domain = [axis.from ?? least ?? 0, axis.to ?? most ?? 1];
  if (axis.scale === "log") {
    const log = d3.scaleLog(domain, range);
    return axis.from == null ? log.domain([domain[0] * 0.9, domain[1] * 1.1]) : log;
  }
  if (domain[0] === domain[1]) {
    const reach = Math.abs(domain[0]) / 10 || 1;
    if (axis.from == null) domain[0] -= reach;
    domain[1] += reach;
  }
  const linear = d3.scaleLinear(domain, range);
  return axis.from == null ? linear.nice() : linear;
}

/** @param room how many there may be; @param gap pixels between them at least, where they are not evenly spaced */
function ticks(axis, scale, room, gap) {
  if (axis.categories) {
    const step = Math.ceil(axis.categories.length / Math.max(room, 1));
    return d3.range(0, axis.categories.length, step);
  }
  if (axis.scale !== "log") return scale.ticks(room);
  // Powers of ten first, then 2 and 5, then whatever has room.
  const rank = t => /^1e/.test(t.toExponential()) ? 0 : /^[25]e/.test(t.toExponential()) ? 1 : 2;
  const kept = [];
  for (const t of d3.sort(scale.ticks(), rank))
    if (kept.every(other => Math.abs(scale(other) - scale(t)) >= gap)) kept.push(t);
  return kept;
}

/**
 * Draws a chart.
 * @returns the scales and the plot's borders, for what follows the pointer
 */
export function draw(node, chart, { width, height, title }) {
  const svg = d3.select(node).append("svg").attr("width", width).attr("height", height)
    .attr("viewBox", `0 0 ${width} ${height}`).attr("xmlns", "http://www.w3.org/2000/svg");
  const show = formats(chart);
  const points = chart.layers.flatMap(layer => layer.points);
  const bars = chart.layers.filter(layer => layer.kind === "BARS");
  const measured = chart.layers.filter(layer => layer.kind !== "REFERENCES").flatMap(layer => layer.points);
  const ys = measured.flatMap(p => [p.y, p.low ?? p.y, p.high ?? p.y]).concat(bars.length ? [0] : []);

  let top = 4;
  if (title) {
    svg.append("text").attr("class", "title").attr("x", 0).attr("y", top + 13).text(title);
    top += 26;
  }
  top = legend(svg, chart, width, top);

  const bottom = height - 2 - (chart.x.label ? 36 : 20);
  const y = scale(chart.y, ys, chart.y.categories ? [top, bottom] : [bottom, top]);
  const yTicks = ticks(chart.y, y, chart.y.categories ? chart.y.categories.length : Math.max(2, (bottom - top) / 44), 22);
  const left = 10 + d3.max(yTicks, t => show.y(t).length * TICK * 0.6 + 2);
  const right = width - 10;
  const x = scale(chart.x, points.map(p => p.x), [left, right]);
  const longest = chart.x.categories ? d3.max(chart.x.categories, c => c.length) : 8;
  const label = Math.max(44, longest * TICK * 0.6 + 14);
  const xTicks = ticks(chart.x, x, (right - left) / label, label);

  const grid = svg.append("g").attr("class", "grid");
  grid.selectAll().data(yTicks).join("line").attr("x1", left).attr("x2", right).attr("y1", y).attr("y2", y)
    .classed("zero", t => t === 0 && chart.y.scale === "linear");
  grid.selectAll().data(yTicks).join("text").attr("x", left - 8).attr("y", y).attr("dy", "0.35em")
    .attr("text-anchor", "end").text(show.y);
  grid.append("line").attr("class", "base").attr("x1", left).attr("x2", right).attr("y1", bottom).attr("y2", bottom);
  grid.selectAll().data(xTicks).join("line").attr("class", "base")
    .attr("x1", x).attr("x2", x).attr("y1", bottom).attr("y2", bottom + 4);
  grid.selectAll().data(xTicks).join("text").attr("x", x).attr("y", bottom + 17)
    .attr("text-anchor", "middle").text(show.x);
  grid.append("text").attr("x", (left + right) / 2).attr("y", height - 5).attr("text-anchor", "middle").text(chart.x.label);

  const plot = { x, y, left, right, top, bottom, colour: chart.z && heat(points), show };
  for (const layer of chart.layers)
    MARKS[layer.kind](svg.append("g").attr("class", classes(layer)), layer, plot, bars);
  return { svg, ...plot };
}

export const style = layer => (layer.style - 1) % STYLES + 1;
/** Where there are more series than colours, a colour comes back with another dash and symbol. */
const shape = layer => (layer.style - 1 + Math.floor((layer.style - 1) / STYLES)) % STYLES + 1;
const classes = layer => `layer s${style(layer)} d${shape(layer)}`;
const symbol = (layer, size) => d3.symbol(SYMBOLS[shape(layer) - 1], size)();

/** Dark to light, also without hue: the least values, which are the best, are the darkest. */
function heat(points) {
  const [least, most] = d3.extent(points, p => p.z);
  return z => d3.interpolateViridis(most > least ? (z - least) / (most - least) : 0.5);
}

const inkOn = colour => d3.lab(d3.color(colour)).l > 55 ? "on-light" : "on-dark";

const MARKS = {
  LINE(g, layer, { x, y }) {
    const band = layer.points.filter(p => p.low != null);
    if (band.length > 1)
      g.append("path").attr("class", "band").attr("d", d3.area(p => x(p.x), p => y(p.low), p => y(p.high))(band));
    const line = d3.line(p => x(p.x), p => y(p.y));
    g.append("path").attr("class", "line").attr("d", line(layer.points));
  },

  POINTS(g, layer, { x, y }) {
    const spread = layer.points.filter(p => p.low != null);
    g.selectAll().data(spread).join("path").attr("class", "spread")
      .attr("d", p => `M${x(p.x) - 4},${y(p.high)}h8m-4,0V${y(p.low)}m-4,0h8`);
    g.selectAll().data(layer.points).join("path").attr("class", "point")
      .attr("d", symbol(layer, 36)).attr("transform", p => `translate(${x(p.x)},${y(p.y)})`);
  },

  BARS(g, layer, { x, y }, bars) {
    const group = d3.scaleBand(d3.range(bars.length), [0, x.band.bandwidth()]);
    const offset = group(bars.indexOf(layer));
    g.selectAll().data(layer.points.filter(p => p.y !== 0)).join("rect").attr("class", "bar")
      .attr("x", p => x.band(p.x) + offset).attr("width", Math.max(group.bandwidth(), 1))
      .attr("y", p => y(Math.max(p.y, 0))).attr("height", p => Math.max(Math.abs(y(p.y) - y(0)), 0.5));
  },

  MARKER(g, layer, { x, y, top, bottom }) {
    for (const p of layer.points) {
      g.append("line").attr("class", "marker-line").attr("x1", x(p.x)).attr("x2", x(p.x)).attr("y1", top).attr("y2", bottom);
      g.append("circle").attr("class", "marker").attr("cx", x(p.x)).attr("cy", y(p.y)).attr("r", 6);
    }
  },

  SPAN(g, layer, { x, top, bottom }) {
    const [from, to] = d3.extent(layer.points, p => x(p.x));
    g.append("rect").attr("class", "span").attr("x", from).attr("width", Math.max(to - from, 1)).attr("y", top).attr("height", bottom - top);
  },

  REFERENCES(g, layer, { x, top }) {
    g.selectAll().data(layer.points).join("path").attr("class", "reference")
      .attr("d", "M0,9L-4,1H4Z").attr("transform", p => `translate(${x(p.x)},${top})`);
  },

  HEAT(g, layer, { x, y, colour, show }) {
    if (!x.band) {
      g.selectAll().data(layer.points).join("circle").attr("class", "cell").attr("cx", p => x(p.x)).attr("cy", p => y(p.y)).attr("r", 7)
        .attr("fill", p => colour(p.z));
      return;
    }
    const [width, height] = [x.band.step(), y.band.step()];
    g.selectAll().data(layer.points).join("rect").attr("class", "cell").attr("x", p => x(p.x) - width / 2).attr("width", width)
      .attr("y", p => y(p.y) - height / 2).attr("height", height).attr("fill", p => colour(p.z));
    if (d3.max(layer.points, p => show.z(p.z).length) * TICK * 0.62 > width) return;
    g.selectAll().data(layer.points).join("text").attr("class", p => inkOn(colour(p.z))).attr("x", p => x(p.x)).attr("y", p => y(p.y)).attr("dy", "0.35em")
      .attr("text-anchor", "middle").text(p => show.z(p.z));
  },
};

/** The name of the y axis and of each series, as many to a line as fit. @returns where the plot begins */
function legend(svg, chart, width, top) {
  const g = svg.append("g").attr("class", "legend");
  let x = 0;
  let y = top + 10;
  const place = (item, itemWidth) => {
    if (x > 0 && x + itemWidth > width) {
      x = 0;
      y += 20;
    }
    item.attr("transform", `translate(${x},${y})`);
    x += itemWidth + 18;
  };
  const labelled = (item, at, text) => at + item.append("text").attr("x", at).attr("dy", "0.35em").text(text).node().getComputedTextLength();
  if (chart.y.label) {
    const item = g.append("g").attr("class", "axis-name");
    place(item, labelled(item, 0, chart.y.label));
  }
  if (chart.z) place(...ramp(g, chart, labelled));
  const named = chart.layers.filter(layer => layer.name && layer.points.length && layer.kind !== "HEAT");
  if (named.length > 1 && !chart.y.categories)
    for (const layer of named) {
      // A curve through points of its own is named by them.
      const curve = named.find(other => other.kind === "LINE" && other.style === layer.style && layer.kind === "POINTS");
      if (layer.kind === "LINE" && named.some(other => other.kind === "POINTS" && other.style === layer.style)) continue;
      const item = g.append("g").attr("class", classes(layer));
      if (layer.kind === "LINE" || curve) item.append("line").attr("class", "line").attr("x2", 22);
      if (layer.kind === "BARS") item.append("rect").attr("class", "bar").attr("x", 6).attr("y", -6).attr("width", 12).attr("height", 12);
      if (layer.kind === "SPAN") item.append("rect").attr("class", "span").attr("x", 4).attr("y", -7).attr("width", 16).attr("height", 14);
      if (layer.kind === "MARKER") item.append("circle").attr("class", "marker").attr("cx", 12).attr("r", 5);
      if (layer.kind === "REFERENCES") item.append("path").attr("class", "reference").attr("d", "M0,4L-4,-4H4Z").attr("transform", "translate(12,0)");
      if (layer.kind === "POINTS") item.append("path").attr("class", "point").attr("d", symbol(layer, 48)).attr("transform", "translate(11,0)");
      place(item, labelled(item, 28, layer.name));
    }
  return x > 0 || y > top + 10 ? y + 18 : top + 6;
}

/** The colours of a third axis, from its least to its greatest value. */
function ramp(g, chart, labelled) {
  const points = chart.layers.flatMap(layer => layer.points);
  const [least, most] = d3.extent(points, p => p.z);
  const { z } = formats(chart);
  const colour = heat(points);
  const item = g.append("g").attr("class", "ramp");
  const start = labelled(item, 0, `${chart.z.label} ${z(least)}`) + 8;
  const steps = 24;
  item.selectAll().data(d3.range(steps)).join("rect").attr("class", "cell").attr("x", i => start + i * 4).attr("y", -6).attr("width", 4.5).attr("height", 12)
    .attr("fill", i => colour(least + (most - least) * i / (steps - 1)));
  return [item, labelled(item, start + steps * 4 + 8, z(most))];
}
