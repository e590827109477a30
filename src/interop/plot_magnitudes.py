"""Plots how magnitudes change in training, from what `phema train` logs.

    plot_magnitudes.py OUT.svg TITLE=RUN [TITLE=RUN ...]

One column per run: above, the root mean square of each block's output; below, that of the weights of each 3x3
convolution. Standard library only."""

import json
import math
import re
import sys
from pathlib import Path

WIDTH, HEIGHT, LEFT, TOP, GAP = 380, 220, 58, 34, 44
ROWS = {
    "activations": ("magnitude of block outputs", re.compile(r"unet\.(enc|dec)\.\d+x\d+_(block|in|down|up)\d*")),
    "weights": ("magnitude of 3x3 weights", re.compile(r"unet\.(enc|dec)\.\S+\.conv_res[01]\.weight")),
}
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #333 }
.title { font-weight: 600 }
.axis { stroke: #888 } .grid { stroke: #8883 }
path { fill: none; stroke-width: 1.6 }
.enc { stroke: #2a78d6 } .dec { stroke: #d9730d }
@media (prefers-color-scheme: dark) { text { fill: #ddd } .enc { stroke: #6aa9f4 } .dec { stroke: #f0a04b } }
"""


def read(run):
    """Lines by number of images; the last counts where a killed run has repeated some."""
    lines = map(json.loads, (Path(run) / "magnitudes.jsonl").read_text().splitlines())
    return [line for _, line in sorted({line["nimg"]: line for line in lines}.items())]


def curves(lines, kind):
    names = [name for name in lines[0][kind] if ROWS[kind][1].fullmatch(name)]
    return {name: [(line["nimg"], line[kind][name]) for line in lines if line[kind][name] > 0] for name in names}


def label(value):
    return f"{value:g}" if value >= 1 else f"1/{round(1 / value)}"


def panel(x0, y0, title, curves, low, high, end):
    """Logarithmic in magnitude, from 2^low to 2^high."""
    x = lambda nimg: x0 + nimg / end * (WIDTH - LEFT - 12)
    y = lambda v: y0 + (high - math.log2(v)) / (high - low) * (HEIGHT - TOP)
    yield f'<text class="title" x="{x0}" y="{y0 - 10}">{title}</text>'
    for power in range(low, high + 1):
        yield f'<line class="grid" x1="{x0}" x2="{x(end):.0f}" y1="{y(2**power):.1f}" y2="{y(2**power):.1f}"/>'
        yield f'<text x="{x0 - 6}" y="{y(2**power) + 4:.1f}" text-anchor="end">{label(2.0**power)}</text>'
    for i in range(5):
        nimg = end * i / 4
        yield f'<text x="{x(nimg):.1f}" y="{y(2**low) + 17:.1f}" text-anchor="middle">{nimg / 1000:.0f}</text>'
    yield f'<line class="axis" x1="{x0}" x2="{x(end):.0f}" y1="{y(2**low):.1f}" y2="{y(2**low):.1f}"/>'
    for name, points in curves.items():
        path = "L".join(f"{x(nimg):.1f} {y(v):.1f}" for nimg, v in points)
        if path:
            yield f'<path class="{name.split(".")[1]}" d="M{path}"><title>{name}</title></path>'


def main(out, *columns):
    runs = {title: read(run) for title, run in (column.split("=", 1) for column in columns)}
    end = max(lines[-1]["nimg"] for lines in runs.values())
    width, height = WIDTH * len(runs), (HEIGHT + GAP) * len(ROWS) + 24
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">']
    svg.append(f"<style>{STYLE}</style>")
    for row, (kind, (what, _)) in enumerate(ROWS.items()):
        drawn = {title: curves(lines, kind) for title, lines in runs.items()}
        values = [v for lines in drawn.values() for points in lines.values() for _, v in points]
        low, high = math.floor(math.log2(min(values)) + 0.01), math.ceil(math.log2(max(values)) - 0.01)
        for column, (title, lines) in enumerate(drawn.items()):
            at = LEFT + column * WIDTH, TOP + row * (HEIGHT + GAP)
            svg += panel(*at, f"{title}: {what}", lines, low, high, end)
    bottom = height - 10
    svg.append(f'<path class="enc" d="M{LEFT} {bottom - 4}h24"/><text x="{LEFT + 30}" y="{bottom}">encoder</text>')
    svg.append(f'<path class="dec" d="M{LEFT + 100} {bottom - 4}h24"/><text x="{LEFT + 130}" y="{bottom}">decoder</text>')
    svg.append(f'<text x="{width - 12}" y="{bottom}" text-anchor="end">thousands of images</text></svg>')
    Path(out).write_text("\n".join(svg) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
