const STYLE = `
:root { color-scheme: light dark; --text: #1b1f24; --soft: #57606a; --back: #f6f8fa; --card: #fff; --line: #d0d7de; --accent: #0a58ca; --on-accent: #fff; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --soft: #9aa6b2; --back: #0d1117; --card: #161b22; --line: #30363d; --accent: #79b8ff; --on-accent: #0d1117; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 46rem; padding: 2rem 1rem 4rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); }
h1 { font-size: 1.4rem; margin: 0; }
p { margin: .25rem 0 1.25rem; color: var(--soft); }
ol { list-style: none; margin: 0; padding: 0; display: grid; gap: .75rem; }
li { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1rem; padding: .9rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
.code { font: 600 1.75rem/1.2 ui-monospace, monospace; letter-spacing: .12em; user-select: all; }
.about { flex: 1 1 14rem; min-width: 0; overflow-wrap: anywhere; }
.about strong { display: block; }
.about span { display: block; font-size: .875rem; color: var(--soft); }
button { font: inherit; padding: .4rem 1rem; border: 0; border-radius: .4rem; background: var(--accent); color: var(--on-accent); cursor: pointer; }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
#switches { padding: .5rem .75rem; border-left: 4px solid #bf8700; background: var(--card); color: var(--text); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
`;

// Plain browser JavaScript. Texts go in through textContent only: a number or locale is the caller's own input.
const SCRIPT = `
const list = document.querySelector('ol');
const state = document.querySelector('#state');
const shown = new Map();
let announced = false;

function element(tag, className, text) {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

async function copy(button, code) {
  try {
    await navigator.clipboard.writeText(code);
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Select it by hand';
  }
  setTimeout(() => { button.textContent = 'Copy'; }, 1500);
}

function row(message) {
  const item = document.createElement('li');
  const about = element('div', 'about', '');
  const details = [message.channel, new Date(message.sentAt).toLocaleTimeString(), 'service ' + message.serviceSid.slice(0, 2) + '\\u2026' + message.serviceSid.slice(-4)];
  if (message.locale) details.push(message.locale);
  if (message.amount) details.push(message.amount + ' to ' + message.payee);
  about.append(element('strong', '', message.to), element('span', '', details.join(' \\u00b7 ')));
  const button = element('button', '', 'Copy');
  button.type = 'button';
  button.setAttribute('aria-label', 'Copy code ' + message.code + ' for ' + message.to);
  button.addEventListener('click', () => copy(button, message.code));
  item.append(element('span', 'code', message.code), about, button);
  return item;
}

function show(messages) {
  const current = new Map(messages.map((message) => [message.sid + message.sentAt + message.channel, message]));
  for (const [key, item] of shown) if (!current.has(key)) { item.remove(); shown.delete(key); }
  const fresh = [...current].filter(([key]) => !shown.has(key)).reverse();
  for (const [key, message] of fresh) {
    shown.set(key, row(message));
    list.prepend(shown.get(key));
  }
  if (announced && fresh.length) document.querySelector('#news').textContent = 'New code for ' + fresh.at(-1)[1].to;
  announced = true;
  state.textContent = messages.length ? 'Newest first. New codes appear by themselves.' : 'No code sent yet. It will appear here by itself.';
}

function showSwitches(behavior) {
  const on = [];
  if (behavior.outage !== 'none') on.push('outage ' + behavior.outage + ' on ' + behavior.outageOn);
  if (behavior.error) on.push('error ' + behavior.error.code + ' on ' + behavior.error.on);
  if (behavior.latencyMs) on.push(behavior.latencyMs + ' ms latency');
  if (behavior.channelsDisabled.length) on.push(behavior.channelsDisabled.join(', ') + ' disabled');
  if (behavior.psd2 !== null) on.push('PSD2 ' + (behavior.psd2 ? 'on' : 'off'));
  if (behavior.refuseConcurrent) on.push('concurrent starts refused');
  const note = document.querySelector('#switches');
  note.hidden = on.length === 0;
  note.textContent = 'Switched on: ' + on.join('; ');
}

async function read(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error('HTTP ' + response.status);
  return response.json();
}

async function refresh() {
  try {
    if (!document.hidden) {
      const [messages, behavior] = await Promise.all([read('/_emulator/messages.json'), read('/_emulator/behavior')]);
      show(messages);
      showSwitches(behavior);
    }
  } catch {
    state.textContent = 'The emulator does not answer. Is it still running?';
  }
  setTimeout(refresh, 1000);
}

refresh();
`;

/** The page at /: every code "delivered", as it arrives. It loads nothing from anywhere. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Twilio Verify emulator</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Twilio Verify emulator</h1>
<p id="state">Loading…</p>
<p id="switches" hidden></p>
<p id="news" class="unseen" role="status"></p>
<ol aria-label="Codes sent"></ol>
<noscript><p>This page needs JavaScript; the codes are also at <a href="/_emulator/messages.json">/_emulator/messages.json</a>.</p></noscript>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
