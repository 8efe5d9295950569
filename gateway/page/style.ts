/** Style of the ops page. Follows the system's dark or light setting. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f5f2, #14161a);
  --card: light-dark(#ffffff, #1c1f25);
  --line: light-dark(#e3e0da, #2b2f37);
  --text: light-dark(#1d1f23, #e6e7ea);
  --quiet: light-dark(#62676f, #969ca6);
  --rust: light-dark(#b8481a, #ef8354);
  --rust-soft: light-dark(#f4dccf, #46291c);
  --good: light-dark(#1c7a4d, #58c58d);
  --warn: light-dark(#8f6200, #e0b04a);
  --bad: light-dark(#b3261e, #f2786f);
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 84rem; padding: 1.25rem clamp(1rem, 3vw, 2.5rem) 2rem;
  background: var(--ground); color: var(--text);
  font: 15px/1.45 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums;
}
header { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem 1.5rem; margin-bottom: 1.25rem; }
h1 { margin: 0; font-size: 1.35rem; letter-spacing: -.02em; }
h1::before { content: ""; display: inline-block; width: .7em; height: .7em; margin-right: .45em; border-radius: .18em;
  background: var(--rust); box-shadow: .28em .28em 0 -.02em var(--rust-soft); }
h2 { margin: 0 0 .6rem; font-size: .78rem; font-weight: 600; letter-spacing: .07em; text-transform: uppercase;
  color: var(--quiet); }
dl { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: 0; color: var(--quiet); }
dl div { display: flex; gap: .4rem; }
dd { margin: 0; color: var(--text); }
form { flex: 1 1 16rem; }
input { width: 100%; padding: .45rem .7rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--card); color: inherit; font: inherit; }
input:focus-visible, a:focus-visible { outline: 2px solid var(--rust); outline-offset: 1px; }
#live { margin: 0; color: var(--quiet); white-space: nowrap; }
#live::before { content: ""; display: inline-block; width: .55em; height: .55em; margin-right: .5em; border-radius: 50%;
  background: var(--warn); }
#live.ok::before { background: var(--good); }
#live.lost { color: var(--bad); }
#live.lost::before { background: var(--bad); }
main { display: grid; gap: 1.5rem; }
#alerts { list-style: none; margin: 0; padding: 0; display: grid; gap: .4rem; }
#alerts:empty { display: none; }
#alerts li { padding: .55rem .8rem; border-radius: .5rem; border-left: 4px solid var(--warn); background: var(--card); }
#alerts li.bad { border-color: var(--bad); }
#figures, #shards { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); }
.card { padding: .8rem 1rem; border: 1px solid var(--line); border-radius: .7rem; background: var(--card);
  min-width: 0; }
.card p { margin: 0; color: var(--quiet); font-size: .86rem; }
.card .value { color: var(--text); font-size: 1.7rem; font-weight: 600; letter-spacing: -.02em; line-height: 1.25; }
.card .value small { font-size: .85rem; font-weight: 400; color: var(--quiet); letter-spacing: 0; margin-left: .3rem; }
.wide { grid-column: span 2; }
.spark { display: block; width: 100%; height: 3rem; margin-top: .35rem; }
.spark path { fill: var(--rust-soft); }
.spark polyline { fill: none; stroke: var(--rust); stroke-width: 1.5; vector-effect: non-scaling-stroke;
  stroke-linejoin: round; }
.mono, td.mono { font-family: var(--mono); font-size: .82rem; }
.shard header { margin: 0; justify-content: space-between; flex-wrap: nowrap; gap: .5rem; }
.shard .name { color: var(--text); font-weight: 600; }
.columns { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line);
  border-radius: .7rem; border-spacing: 0; overflow: hidden; }
th { padding: .45rem .8rem; text-align: left; font-size: .8rem; font-weight: 500; color: var(--quiet); }
td { padding: .36rem .8rem; border-top: 1px solid var(--line); white-space: nowrap; }
.end { text-align: right; }
td.quiet, .quiet { color: var(--quiet); }
.track { display: inline-block; vertical-align: middle; width: 5.5rem; height: .45rem; border-radius: 1rem;
  background: var(--line); margin-right: .5rem; overflow: hidden; }
.track span { display: block; height: 100%; border-radius: 1rem; background: var(--rust); }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
a { color: inherit; text-decoration-color: var(--rust); text-underline-offset: .2em; }
footer { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .3rem 2rem; margin-top: 1.75rem;
  color: var(--quiet); font-size: .86rem; }
footer p { margin: 0; max-width: 46rem; }
footer a { margin-left: 1rem; }
@media (max-width: 34rem) { .wide { grid-column: auto; } }
`;
