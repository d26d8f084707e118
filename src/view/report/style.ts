/** The page's only style: light and dark as the reader's system is, and light on paper. */
export const reportStyle = `
:root { color-scheme: light dark; --ink: #1c2024; --soft: #59636e; --paper: #fff; --panel: #f5f7f9; --line: #d6dce2;
  --accent: #1f6feb; --bad: #b42318; --good: #1a7f37; --warn: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --soft: #a3adb8; --paper: #15191d; --panel: #1e242a;
  --line: #37414b; --accent: #5aa2ff; --bad: #ff8d80; --good: #6bd08a; --warn: #e6b454; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2.25rem 0 .6rem; padding-top: .6rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; overflow-wrap: anywhere; }
p { margin: .4rem 0; }
.soft, figcaption, footer { color: var(--soft); }
.state { display: inline-block; padding: .05rem .6rem; border: 1px solid currentColor; border-radius: 1rem; font-size: .9rem; font-weight: 600; }
.bad { color: var(--bad); } .good { color: var(--good); } .warn { color: var(--warn); } .live { color: var(--accent); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .6rem; margin: 1rem 0; }
dl > div { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; min-width: 0; }
dt { color: var(--soft); font-size: .85rem; }
dd { margin: 0; font-size: 1.25rem; font-weight: 600; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
dd small { display: block; font-size: .8rem; font-weight: 400; color: var(--soft); }
progress { width: 100%; height: .7rem; accent-color: var(--accent); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
td.wide, pre, p, .results th { overflow-wrap: anywhere; }
.messages .n { width: 4rem; }
thead th { color: var(--soft); font-weight: 600; font-size: .85rem; vertical-align: bottom; }
thead .n { white-space: normal; }
tbody th { font-weight: 600; }
.n { text-align: right; white-space: nowrap; }
.t { white-space: nowrap; }
.wide { min-width: 12rem; }
pre { margin: 0; font: .85rem/1.4 ui-monospace, SFMono-Regular, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
figure { margin: .5rem 0 1.25rem; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font-size: 12px; }
.bar { fill: var(--accent); } .axis { stroke: var(--soft); } .grid { stroke: var(--line); stroke-dasharray: 2 3; }
.gap { fill: var(--panel); stroke: var(--line); } svg .gaptext { font-size: 11px; }
.mark { stroke: var(--warn); stroke-width: 1.5; } svg .marktext { fill: var(--warn); font-size: 11px; }
footer { margin-top: 2.5rem; padding-top: .6rem; border-top: 1px solid var(--line); font-size: .85rem; }
@media screen { svg { min-width: 34rem; } }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --paper: #fff; --panel: #fff; --line: #bbb;
  --accent: #1f6feb; --bad: #b42318; --good: #1a7f37; --warn: #8a5a00; }
  main { max-width: none; padding: 0; } .scroll { overflow: visible; } table { font-size: 9pt; } .wide { min-width: 0; } h2, h3 { break-after: avoid; } figure, tr, dl > div { break-inside: avoid; }
  .bar, .gap { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
`;
