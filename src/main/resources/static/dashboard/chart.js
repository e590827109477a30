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
export const formats = chart => ({ x: format(chart.x), y: format(chart.y) });

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
  if (domain[0] === domain[1]) domain[1] += 1;
  const linear = d3.scaleLinear(domain, range);
  return axis.from == null ? linear.nice() : linear;
}

function ticks(axis, scale, room) {
  if (axis.categories) {
    const step = Math.ceil(axis.categories.length / Math.max(room, 1));
    return d3.range(0, axis.categories.length, step);
  }
  if (axis.scale !== "log") return scale.ticks(room);
  const all = scale.ticks();
  const round = all.filter(t => /^[125]/.test(t.toExponential()));
  const decades = all.filter(t => /^1e/.test(t.toExponential()));
  return [all, round, decades].find(some => some.length > 1 && some.length <= room + 2) ?? round;
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
  const ys = points.flatMap(p => [p.y, p.low ?? p.y, p.high ?? p.y]).concat(bars.length ? [0] : []);

  let top = 4;
  if (title) {
    svg.append("text").attr("class", "title").attr("x", 0).attr("y", top + 13).text(title);
    top += 26;
  }
  top = legend(svg, chart, width, top);

  const bottom = height - 2 - (chart.x.label ? 36 : 20);
  const y = scale(chart.y, ys, chart.y.categories ? [top, bottom] : [bottom, top]);
  const yTicks = ticks(chart.y, y, chart.y.categories ? chart.y.categories.length : Math.max(2, (bottom - top) / 44));
  const left = 10 + d3.max(yTicks, t => show.y(t).length * TICK * 0.6 + 2);
  const right = width - 10;
  const x = scale(chart.x, points.map(p => p.x), [left, right]);
  const longest = chart.x.categories ? d3.max(chart.x.categories, c => c.length) : 8;
  const xTicks = ticks(chart.x, x, (right - left) / Math.max(44, longest * TICK * 0.6 + 14));

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

  const plot = { x, y, left, right, top, bottom };
  for (const layer of chart.layers)
    MARKS[layer.kind](svg.append("g").attr("class", `layer s${style(layer)}`), layer, plot, bars);
  return { svg, ...plot };
}

export const style = layer => (layer.style - 1) % STYLES + 1;
const symbol = (layer, size) => d3.symbol(SYMBOLS[style(layer) - 1], size)();

const MARKS = {
  LINE(g, layer, { x, y }) {
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
  const named = chart.layers.filter(layer => layer.name && layer.points.length);
  if (named.length > 1 && !chart.y.categories)
    for (const layer of named) {
      const item = g.append("g").attr("class", `layer s${style(layer)}`);
      if (layer.kind === "LINE") item.append("line").attr("class", "line").attr("x2", 22);
      else if (layer.kind === "BARS") item.append("rect").attr("class", "bar").attr("x", 6).attr("y", -6).attr("width", 12).attr("height", 12);
      else if (layer.kind === "MARKER") item.append("circle").attr("class", "marker").attr("cx", 12).attr("r", 5);
      else item.append("path").attr("class", "point").attr("d", symbol(layer, 48)).attr("transform", "translate(12,0)");
      place(item, labelled(item, 28, layer.name));
    }
  return x > 0 || y > top + 10 ? y + 18 : top + 6;
}
