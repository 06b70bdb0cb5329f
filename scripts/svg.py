# SPDX-License-Identifier: MIT
"""The shapes of the plots. They carry their background with them, light or dark as the reader's system is."""

import math
from html import escape

STYLE = """
  text { font: 13px system-ui, "DejaVu Sans", sans-serif; fill: #1f2328 }
  .title { font-size: 16px; font-weight: bold } .quiet { fill: #59636e } .right { text-anchor: end }
  .middle { text-anchor: middle } .value { stroke: #ffffff; stroke-width: 5; paint-order: stroke }
  .panel { fill: #ffffff } .grid { stroke: #d1d9e0 } .axis { stroke: #59636e }
  .c0 { fill: #2f81f7 } .c1 { fill: #e3902d } .c2 { fill: #8b949e } .c3 { fill: #3fb950 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .quiet { fill: #9198a1 } .panel { fill: #0d1117 } .grid { stroke: #30363d }
    .axis { stroke: #9198a1 } .value { stroke: #0d1117 }
  }
"""
WIDTH = 760


def text(x, y, words, kind=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(words)}</text>'


def rectangle(x, y, width, height, kind):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="1.5" class="{kind}"/>'


def stroke(x1, y1, x2, y2, kind):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def write(path, height, title, subtitle, parts):
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" rx="8" class="panel"/>',
        text(20, 30, title, "title"),
        text(20, 51, subtitle, "quiet"),
    ]
    path.write_text("\n".join([*head, *parts, "</svg>"]) + "\n")
    print(f"wrote {path}")


def ticks(maximum):
    """Round numbers from 0 to above the maximum, about six."""
    step = 10 ** math.floor(math.log10(maximum / 4))
    step *= next(factor for factor in (1, 2, 2.5, 5, 10) if maximum / (step * factor) <= 6)
    return [step * index for index in range(math.ceil(maximum / step) + 1)]
