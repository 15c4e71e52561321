#!/usr/bin/env python3
"""Draws docs/terminal.svg from what the agent really printed.

    watchpost --color always --speed 400 2> run.ansi
    docs/terminal.py 1-11 34-50 53-59 < run.ansi > docs/terminal.svg

The arguments are the lines to show; a gap between them is drawn as one.
"""

import html
import re
import sys

WIDTH, LINE, LEFT, TOP = 860, 19, 18, 44
CLASSES = {"1": "strong", "2": "faint", "31": "bad", "32": "good", "33": "odd"}
STYLE = """
  text { font: 13px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #d8dee9;
         white-space: pre }
  .strong { font-weight: bold; fill: #ffffff }
  .faint { fill: #7f8b9f }
  .good { fill: #8fce72 }
  .bad { fill: #ff7b7b }
  .odd { fill: #ebcb8b }
"""


def spans(line):
    """The line's text as spans, one for each colour."""
    kind, parts = "", []
    for piece in re.split(r"(\x1b\[\d*m)", line):
        if piece.startswith("\x1b["):
            kind = CLASSES.get(piece[2:-1], "")
        elif piece:
            text = html.escape(piece).replace(" ", "\u00a0")
            parts.append(f'<tspan class="{kind}">{text}</tspan>' if kind else f"<tspan>{text}</tspan>")
    return "".join(parts)


def chosen(lines, ranges):
    for number, text in enumerate(ranges):
        first, last = map(int, text.split("-"))
        if number:
            yield '<tspan class="faint">⋯</tspan>'
        yield from (spans(line) for line in lines[first - 1 : last])


def main():
    lines = sys.stdin.read().splitlines()
    shown = list(chosen(lines, sys.argv[1:] or [f"1-{len(lines)}"]))
    height = TOP + LINE * len(shown) + 6
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">')
    print(f"<title>watchpost in an empty folder</title><style>{STYLE}</style>")
    print(f'<rect width="{WIDTH}" height="{height}" rx="9" fill="#1d2330"/>')
    for index, colour in enumerate(("#ff7b7b", "#ebcb8b", "#8fce72")):
        print(f'<circle cx="{22 + 18 * index}" cy="17" r="5" fill="{colour}"/>')
    for index, line in enumerate(shown):
        print(f'<text x="{LEFT}" y="{TOP + LINE * index}" xml:space="preserve">{line}</text>')
    print("</svg>")


if __name__ == "__main__":
    main()
