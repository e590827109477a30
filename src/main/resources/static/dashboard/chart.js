// Draws charts as SVG with D3. What a chart holds is described by Chart.java.

const { d3 } = window;

const TICK = 12; // font size
const DENSE = 600; // points, from which on all of a series are one shape: browsers draw few large ones faster
const SYMBOLS = [d3.symbolCircle, d3.symbolSquare, d3.symbolTriangle, d3.symbolDiamond, d3.symbolCross, d3.symbolStar];
export const STYLES = 6;

const tiny = d3.format(".4~e");

/** As pages do: with an exponent where zeros alone would be left to see. */
const numbers = specifier => {
  const usual = d3.format(specifier);
  return specifier.endsWith("r") ? value => value && Math.abs(value) < 1e-4 ? tiny(value) : usual(value) : usual;
};

const format = axis => axis.categories ? i => axis.categories[i] ?? "" : numbers(axis.format);

/** One chart of the parts that share an id; the first part that has axes gives them. */
export function merge(parts) {
  const whole = parts.find(part => part.x);
  const others = parts.filter(part => part !== whole);
  return whole && { ...whole, layers: [whole, ...others].flatMap(part => part.layers) };
}

/** How the values of an axis are written. */
export const formats = chart => ({ x: format(chart.x), y: format(chart.y), y2: chart.y2 && format(chart.y2), z: chart.z && format(chart.z) });

/** Which of the two vertical axes a series is drawn against. */
export const sideOf = layer => layer.second ? "y2" : "y";

/** What a legend names and hides together: a curve and the points that it goes through are one entry. */
export function keyOf(layer, chart) {
  if (layer.kind !== "LINE") return layer.name;
  const points = chart.layers.find(other => other.kind === "POINTS" && other.style === layer.style && !other.second === !layer.second);
  return (points ?? layer).name;
}

/** The entries of a chart's legend; with very many series only those that it says to name. */
export function entries(chart) {
  if (chart.y.categories) return [];
  const found = new Map();
  for (const layer of chart.layers) {
    if (!layer.name || !layer.points.length || layer.kind === "HEAT" || layer.unnamed) continue;
    const key = keyOf(layer, chart);
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(layer);
  }
  const all = [...found].map(([name, layers]) => ({ name, layers }));
  return all.length > 1 ? all : [];
}

/** The chart without what readers hid, and with the scales that they chose. */
export function seen(chart, view) {
  const axis = (name, wanted) => wanted && logarithmic(chart, name) ? { ...chart[name], scale: wanted } : chart[name];
  return {
    ...chart,
    tint: tinted(chart),
    x: axis("x", view.xScale),
    y: axis("y", view.yScale),
    y2: chart.y2 && axis("y2", view.yScale),
    layers: chart.layers.filter(layer => !view.hidden.has(keyOf(layer, chart))),
  };
}

/** Whether an axis may have a logarithmic scale: all of its values are greater than 0. */
export function logarithmic(chart, name) {
  const axis = chart[name];
  if (!axis || axis.categories || axis.from <= 0) return false;
  const values = name === "x"
    ? chart.layers.flatMap(layer => layer.points).map(p => p.x)
    : heights(chart.layers.filter(layer => sideOf(layer) === name && layer.kind !== "REFERENCES"));
  return values.length > 0 && d3.min(values) > 0 && chart.layers.every(layer => layer.kind !== "BARS");
}

const heights = layers => layers.flatMap(layer => layer.points).flatMap(p => [p.y, p.low ?? p.y, p.high ?? p.y]);

/** @param zoom the ends of what readers chose to see of it, if they did */
function scale(axis, values, range, zoom) {
  if (axis.scale === "band") {
    const [first, last] = zoom ?? [0, axis.categories.length - 1];
    const band = d3.scaleBand(d3.range(first, last + 1), range).paddingInner(0.2).paddingOuter(0.1);
    return Object.assign(value => band(value) + band.bandwidth() / 2, { band, domain: () => [first, last] });
  }
  const make = axis.scale === "log" ? d3.scaleLog : d3.scaleLinear;
  if (zoom) return make(zoom, range);
  const [least, most] = d3.extent(values);
  const domain = [axis.from ?? least ?? (axis.scale === "log" ? 1 : 0), axis.to ?? most ?? 1];
  if (axis.scale === "log") return make(axis.from == null ? [domain[0] * 0.9, domain[1] * 1.1] : domain, range);
  if (domain[0] === domain[1]) {
    const reach = Math.abs(domain[0]) / 10 || 1;
    if (axis.from == null) domain[0] -= reach;
    domain[1] += reach;
  }
  const linear = make(domain, range);
  return axis.from == null ? linear.nice() : linear;
}

/** @param room how many there may be; @param gap pixels between them at least, where they are not evenly spaced */
function ticks(axis, scale, room, gap) {
  if (axis.categories) {
    const step = Math.ceil((scale.domain()[1] - scale.domain()[0] + 1) / Math.max(room, 1));
    const [first, last] = scale.domain();
    return d3.range(first, last + 1, step);
  }
  if (axis.scale !== "log") return scale.ticks(room);
  // Powers of ten first, then 2 and 5, then whatever has room.
  const rank = t => /^1e/.test(t.toExponential()) ? 0 : /^[25]e/.test(t.toExponential()) ? 1 : 2;
  const kept = [];
  for (const t of d3.sort(scale.ticks(), rank))
    if (kept.every(other => Math.abs(scale(other) - scale(t)) >= gap)) kept.push(t);
  return kept;
}

/** As the chart writes them; closer to each other than that, with as many digits as tell them apart. */
function labels(show, scale, values) {
  const texts = values.map(show);
  const digits = scale.tickFormat?.(values.length, "~g");
  return new Set(texts).size < texts.length && digits ? values.map(digits) : texts;
}

/**
 * Draws a chart.
 * @param zoom the ends of what is seen of x and of y, each if it is not all
 * @param title above it, and a legend: for a chart that stands alone
 * @returns the scales and the plot's borders, for what follows the pointer
 */
export function draw(node, chart, { width, height, title, zoom = {}, id = "chart" }) {
  const svg = d3.select(node).append("svg").attr("width", width).attr("height", height)
    .attr("viewBox", `0 0 ${width} ${height}`).attr("xmlns", "http://www.w3.org/2000/svg");
  const show = formats(chart);
  const bars = chart.layers.filter(layer => layer.kind === "BARS");
  const within = p => !zoom.x || p.x >= zoom.x[0] && p.x <= zoom.x[1];
  const valuesOf = side => heights(chart.layers.filter(layer => sideOf(layer) === side && layer.kind !== "REFERENCES")
    .map(layer => ({ points: layer.points.filter(within) }))).concat(bars.length ? [0] : []);

  let top = 4;
  if (title) {
    svg.append("text").attr("class", "title").attr("x", 0).attr("y", top + 13).text(title);
    top = legend(svg, chart, width, top + 26);
  }
  const bottom = Math.max(height - 2 - (chart.x.label ? 36 : 20), top + 20);
  const vertical = chart.y.categories ? [top, bottom] : [bottom, top];
  const y = scale(chart.y, valuesOf("y"), vertical, zoom.y);
  const y2 = chart.y2 && scale(chart.y2, valuesOf("y2"), vertical, null);
  const room = Math.max(2, (bottom - top) / 44);
  const yTicks = ticks(chart.y, y, chart.y.categories ? chart.y.categories.length : room, 22);
  const y2Ticks = y2 ? ticks(chart.y2, y2, room, 22) : [];
  const yLabels = labels(show.y, y, yTicks);
  const wide = texts => 10 + d3.max(texts, text => text.length * TICK * 0.6 + 2);
  const left = wide(yLabels);
  const right = width - (y2 ? wide(y2Ticks.map(show.y2)) : 10);
  const x = scale(chart.x, chart.layers.flatMap(layer => layer.points).map(p => p.x), [left, right], zoom.x);
  const longest = chart.x.categories ? d3.max(chart.x.categories, c => c.length) : 8;
  const label = Math.max(44, longest * TICK * 0.6 + 14);
  const xTicks = ticks(chart.x, x, (right - left) / label, label);
  const xLabels = labels(show.x, x, xTicks);

  const grid = svg.append("g").attr("class", "grid");
  grid.selectAll().data(yTicks).join("line").attr("x1", left).attr("x2", right).attr("y1", y).attr("y2", y)
    .classed("zero", t => t === 0 && chart.y.scale === "linear");
  grid.selectAll().data(yTicks).join("text").attr("x", left - 8).attr("y", y).attr("dy", "0.35em")
    .attr("text-anchor", "end").text((_, i) => yLabels[i]);
  grid.selectAll().data(y2Ticks).join("text").attr("x", right + 8).attr("y", y2).attr("dy", "0.35em").text(show.y2);
  grid.append("line").attr("class", "base").attr("x1", left).attr("x2", right).attr("y1", bottom).attr("y2", bottom);
  grid.selectAll().data(xTicks).join("line").attr("class", "base")
    .attr("x1", x).attr("x2", x).attr("y1", bottom).attr("y2", bottom + 4);
  grid.selectAll().data(xTicks).join("text").attr("x", x).attr("y", bottom + 17)
    .attr("text-anchor", "middle").text((_, i) => xLabels[i]);
  grid.append("text").attr("x", (left + right) / 2).attr("y", height - 5).attr("text-anchor", "middle").text(chart.x.label);

  const dense = d3.sum(chart.layers, layer => layer.points.length) > DENSE;
  const plot = { x, y, y2, left, right, top, bottom, colour: heat(chart), show, dense };
  const layers = svg.append("g");
  if (zoom.x || zoom.y) {
    svg.append("clipPath").attr("id", `${id}-clip`).append("rect").attr("x", left).attr("y", top)
      .attr("width", right - left).attr("height", bottom - top);
    layers.attr("clip-path", `url(#${id}-clip)`);
  }
  for (const layer of chart.layers) {
    const g = layers.append("g").attr("class", classes(layer));
    if (layer.shade != null) g.style("color", shadeOf(layer, chart));
    const points = chart.x.categories && zoom.x ? layer.points.filter(within) : layer.points;
    MARKS[layer.kind](g, { ...layer, points }, layer.second ? { ...plot, y: y2 } : plot, bars);
  }
  return { svg, ...plot };
}

export const style = layer => (layer.style - 1) % STYLES + 1;
/** Where there are more series than colours, a colour comes back with another dash and symbol. */
const shape = layer => layer.shade != null ? 1 : (layer.style - 1 + Math.floor((layer.style - 1) / STYLES)) % STYLES + 1;
const classes = layer => `layer s${style(layer)} d${shape(layer)}${layer.second ? " second" : ""}${layer.faint ? " faint" : ""}`;
const symbol = (layer, size) => d3.symbol(SYMBOLS[shape(layer) - 1], size)();

/** What colours tell of: of points their own value, of lines the one that they share. */
const tinted = chart => chart.tint ?? d3.extent(chart.layers.flatMap(layer => layer.shade == null ? layer.points.map(p => p.z) : [layer.shade]));

/** Dark to light, also without hue: the least values, which are the best, are the darkest. */
function heat(chart) {
  const [least, most] = tinted(chart);
  return z => d3.interpolateViridis(most > least ? (z - least) / (most - least) : 0.5);
}

/** The colour of a line by its value; on light and on dark paper the part of the scale that stands out from it. */
export const shadeOf = (layer, chart) => shade(layer.shade, tinted(chart));

function shade(value, [least, most]) {
  const t = most > least ? (value - least) / (most - least) : 0.5;
  return `light-dark(${d3.interpolatePlasma(0.66 * t)}, ${d3.interpolatePlasma(0.42 + 0.58 * t)})`;
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

  STEPS_AFTER(g, layer, { x, y }) {
    steps(g, layer, x, y, d3.curveStepAfter);
  },

  STEPS_BEFORE(g, layer, { x, y }) {
    steps(g, layer, x, y, d3.curveStepBefore);
  },

  POINTS(g, layer, { x, y, dense }) {
    const bar = p => `M${x(p.x) - 4},${y(p.high)}h8m-4,0V${y(p.low)}m-4,0h8`;
    const spread = layer.points.filter(p => p.low != null);
    if (dense) {
      if (spread.length) g.append("path").attr("class", "spread").attr("d", spread.map(bar).join(""));
      g.append("path").attr("class", "point").attr("d", layer.points.map(p => dot(x(p.x), y(p.y))).join(""));
      return;
    }
    g.selectAll().data(spread).join("path").attr("class", "spread").attr("d", bar);
    g.selectAll().data(layer.points).join("path").attr("class", "point")
      .attr("d", symbol(layer, 36)).attr("transform", p => `translate(${x(p.x)},${y(p.y)})`);
  },

  BARS(g, layer, { x, y }, bars) {
    const group = d3.scaleBand(d3.range(bars.length), [0, x.band.bandwidth()]);
    const offset = group(bars.findIndex(other => other.name === layer.name));
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

  HEAT(g, layer, { x, y, colour, show, dense }) {
    if (dense && x.band) {
      const [width, height] = [x.band.step(), y.band.step()];
      const cell = p => `M${x(p.x) - width / 2},${y(p.y) - height / 2}h${width}v${height}h${-width}z`;
      const [least, most] = d3.extent(layer.points, p => p.z);
      const tone = p => most > least ? Math.round((p.z - least) / (most - least) * TONES) : 0;
      for (const [step, points] of d3.group(layer.points, tone))
        g.append("path").attr("class", "cell").attr("d", points.map(cell).join("")).attr("fill", colour(least + (most - least) * step / TONES));
      return;
    }
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

const TONES = 64; // that a heat map of very many cells has
const dot = (x, y) => `M${x - 3},${y}a3,3 0 1,0 6,0a3,3 0 1,0 -6,0`;

function steps(g, layer, x, y, curve) {
  g.append("path").attr("class", "line").attr("d", d3.line(p => x(p.x), p => y(p.y)).curve(curve)(layer.points));
  g.selectAll().data(layer.points).join("path").attr("class", "point")
    .attr("d", symbol(layer, 64)).attr("transform", p => `translate(${x(p.x)},${y(p.y)})`);
}

/** Draws how the series of a legend's entry looks, 28 pixels wide, about its middle. */
export function swatch(item, entry, chart) {
  const has = (...kinds) => entry.layers.some(layer => kinds.includes(layer.kind));
  const [layer] = entry.layers;
  item.attr("class", classes(layer));
  if (layer.shade != null) item.style("color", shadeOf(layer, chart));
  if (has("LINE", "STEPS_AFTER", "STEPS_BEFORE")) item.append("line").attr("class", "line").attr("x2", 22);
  if (has("BARS")) item.append("rect").attr("class", "bar").attr("x", 6).attr("y", -6).attr("width", 12).attr("height", 12);
  if (has("SPAN")) item.append("rect").attr("class", "span").attr("x", 4).attr("y", -7).attr("width", 16).attr("height", 14);
  if (has("MARKER")) item.append("circle").attr("class", "marker").attr("cx", 12).attr("r", 5);
  if (has("REFERENCES")) item.append("path").attr("class", "reference").attr("d", "M0,4L-4,-4H4Z").attr("transform", "translate(12,0)");
  if (has("POINTS", "STEPS_AFTER", "STEPS_BEFORE"))
    item.append("path").attr("class", "point").attr("d", symbol(layer, 48)).attr("transform", "translate(11,0)");
}

/** The colours of a third axis, from its least to its greatest value. @returns how wide they are */
export function ramp(item, chart, start) {
  const [least, most] = tinted(chart);
  const lines = chart.layers.some(layer => layer.shade != null);
  const colour = heat(chart);
  const steps = 24;
  item.selectAll().data(d3.range(steps)).join("rect").attr("class", "cell").attr("x", i => start + i * 4).attr("y", -6).attr("width", 4.5).attr("height", 12)
    .each(function (i) {
      const value = least + (most - least) * i / (steps - 1);
      d3.select(this).style("fill", lines ? shade(value, [least, most]) : colour(value));
    });
  return steps * 4;
}

/** What the ends of the third axis are called. */
export function rampEnds(chart) {
  const { z } = formats(chart);
  const [least, most] = tinted(chart);
  return [`${chart.z.label} ${z(least)}`, z(most)];
}

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
  if (chart.y2) {
    const item = g.append("g").attr("class", "axis-name");
    place(item, labelled(item, 0, `right: ${chart.y2.label}`));
  }
  if (chart.z) {
    const [from, to] = rampEnds(chart);
    const item = g.append("g").attr("class", "ramp");
    const start = labelled(item, 0, from) + 8;
    const end = start + ramp(item, chart, start) + 8;
    place(item, labelled(item, end, to));
  }
  for (const entry of entries(chart)) {
    const item = g.append("g");
    swatch(item, entry, chart);
    place(item, labelled(item, 28, entry.name));
  }
  return x > 0 || y > top + 10 ? y + 18 : top + 6;
}
