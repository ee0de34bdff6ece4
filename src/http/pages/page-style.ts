/** The look of the development pages: one quiet sheet, light and dark, no fonts or files from elsewhere. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1c2330; --soft: #5b6577; --line: #d9dee7; --paper: #fff; --ground: #f5f7fa; --accent: #2456d6; --ok: #0a7a4b; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf2; --soft: #9aa5b8; --line: #2d3646; --paper: #171d28; --ground: #0f141d; --accent: #8fb0ff; --ok: #5fd3a0; --bad: #ff9a91; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0 1rem; color: var(--soft); }
a { color: var(--accent); }
ul.cards { list-style: none; padding: 0; margin: 1rem 0; display: grid; grid-template-columns: minmax(0, 1fr); gap: .6rem; }
ul.cards li { background: var(--paper); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem; display: flex; gap: 1rem; align-items: center; flex-wrap: wrap; }
ul.cards .grow { flex: 1 1 12rem; min-width: 0; overflow-wrap: anywhere; }
.soft { color: var(--soft); font-size: .875rem; overflow-wrap: anywhere; }
.text { margin: .5rem 0 0; white-space: pre-line; }
.code { font: 600 1.7rem/1.2 ui-monospace, monospace; letter-spacing: .12em; }
.tag { display: inline-block; border: 1px solid var(--line); border-radius: 99px; padding: 0 .55rem; font-size: .75rem; color: var(--soft); }
button { font: inherit; color: var(--accent); background: none; border: 1px solid currentColor; border-radius: .45rem; padding: .3rem .8rem; cursor: pointer; }
button:focus-visible, a:focus-visible, input:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
button.done { color: var(--ok); }
pre { background: var(--paper); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem; overflow-x: auto; font: .875rem/1.5 ui-monospace, monospace; }
label { display: block; margin: 1rem 0; color: var(--soft); font-size: .875rem; }
input { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: .45rem; padding: .35rem .6rem; width: 100%; }
.check { display: flex; gap: .5rem; align-items: center; }
.check input { width: auto; }
.problem { color: var(--bad); }
.empty { border: 1px dashed var(--line); border-radius: .6rem; padding: 2rem 1rem; text-align: center; color: var(--soft); }
[hidden] { display: none !important; }
`;
