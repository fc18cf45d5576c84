"""Hold the style of the page of a check: dark text on a light ground, no colour without a word."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #f4f6f8; color: #1b1f24;
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 980px; margin: 0 auto; padding: 28px 32px 56px; background: #fff; }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 0 0 .3rem; }
main > h2 { margin-top: 2.4rem; }
h3 { font-size: 1.1rem; margin: 2.2rem 0 .4rem; padding-top: .8rem; border-top: 1px solid #d5dae0; }
h4 { font-size: .95rem; font-weight: 600; margin: 1.2rem 0 .2rem; }
p { margin: .4rem 0; }
.lead { color: #3d4752; }
small { color: #4a5561; font-size: .82rem; }
code { font: .88em ui-monospace, "DejaVu Sans Mono", Consolas, monospace; background: #eef1f4;
  padding: .08em .3em; border-radius: 3px; overflow-wrap: anywhere; white-space: pre-wrap; }
.verdict { margin: 1.6rem 0 1.2rem; padding: .9rem 1.1rem;
  border-left: 8px solid; border-radius: 4px; }
.verdict p { overflow-wrap: anywhere; }
.admitted { background: #e6f4ea; border-color: #1a7f37; }
.admitted h2::before { content: "\\2713\\00a0"; }
.held { background: #fdece3; border-color: #9c3d00; }
.held h2::before { content: "\\25A0\\00a0"; }
.tiles { display: grid;
  grid-template-columns: repeat(auto-fit, minmax(142px, 1fr)); gap: 10px; margin: 0; }
.tiles div { border: 1px solid #d5dae0; border-radius: 6px; padding: .55rem .8rem; }
.tiles dt { font-size: .82rem; color: #4a5561; }
.tiles dd { margin: 0; font-size: 1.2rem; font-weight: 600; }
.tiles dd.days { font-size: 1.02rem; white-space: nowrap; padding-top: .15rem; }
.tiles dd small { display: block; font-weight: 400; min-height: 1.2em; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; margin: .4rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem;
  border-bottom: 1px solid #e3e7eb; }
th { font-size: .82rem; color: #3d4752; border-bottom: 2px solid #b6bfc9; }
.numbers td, .numbers th { text-align: right;
  font-variant-numeric: tabular-nums; white-space: nowrap; }
.numbers td:first-child, .numbers th:first-child { text-align: left; }
ul.plain { list-style: none; margin: 0; padding: 0; }
ul.plain code { white-space: pre-wrap; }
ul.plain small { white-space: nowrap; }
.rejections td:nth-child(1) { width: 11%; } .rejections td:nth-child(2) { width: 22%; }
.rejections td:nth-child(3) { width: 14%; } .rejections td:nth-child(4) { width: 28%; }
.rejections .meter { width: 80px; }
.meter { display: block; margin-top: .3rem; width: 110px; height: 6px; background: #e3e7eb;
  border-radius: 3px; }
.meter i { display: block; height: 100%; background: #2b6cb0; border-radius: 3px; }
svg { width: 100%; height: auto; font-family: inherit; display: block; }
summary { cursor: pointer; font-size: .9rem; }
li { margin: .2rem 0; }
@media print { body { background: #fff; } main { max-width: none; } }
"""
