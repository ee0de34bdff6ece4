/** The development inbox as a page; it asks /dev/inbox.json every second. */
export const INBOX_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Development inbox · otpql</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/dev/page.css">
<script src="/dev/inbox.js" defer></script>
</head>
<body>
<main>
<h1>Development inbox</h1>
<p>Every code that this server "sent" arrives here by itself. Nothing leaves your machine. <a href="/">Start page</a></p>
<label>Show only messages to <input id="filter" type="search" autocomplete="off" placeholder="+1234567890 or name@example.com"></label>
<p id="status" class="soft" role="status"></p>
<div id="empty" class="empty">No messages yet. Call <code>sendOtp</code>, and the code appears here.</div>
<div id="none" class="empty" hidden>None of the messages went there.</div>
<ul id="messages" class="cards" aria-live="polite"></ul>
</main>
<template id="message">
<li><div class="grow"><div class="soft"><span class="tag channel"></span> <span class="tag purpose"></span></div><strong class="to"></strong><div class="soft"><time></time></div></div>
<span class="code"></span><button type="button">Copy</button></li>
</template>
</body>
</html>
`;

export const INBOX_SCRIPT = `'use strict';
const list = document.getElementById('messages');
const empty = document.getElementById('empty');
const none = document.getElementById('none');
const status = document.getElementById('status');
const filter = document.getElementById('filter');
const template = document.getElementById('message');
const cards = new Map();
let messages = [];

async function refresh() {
  try {
    const response = await fetch('/dev/inbox.json', { cache: 'no-store' });
    if (!response.ok) throw new Error('HTTP ' + response.status);
    messages = await response.json();
    show();
    status.textContent = '';
  } catch {
    status.textContent = 'The server does not answer; trying again…';
  }
  setTimeout(refresh, 1000);
}

function show() {
  const wanted = filter.value.trim();
  const visible = new Map(messages.filter(({ to }) => to.includes(wanted)).map((message) => [JSON.stringify(message), message]));
  empty.hidden = messages.length > 0;
  none.hidden = messages.length === 0 || visible.size > 0;
  for (const [key, item] of cards) if (!visible.has(key) && cards.delete(key)) item.remove();
  // Cards that stay are not moved: a keyboard's focus, a selection and a "Copied" would be lost.
  [...visible].forEach(([key, message], index) => {
    if (!cards.has(key)) cards.set(key, card(message));
    if (list.children[index] !== cards.get(key)) list.insertBefore(cards.get(key), list.children[index] ?? null);
  });
}

function card(message) {
  const item = template.content.cloneNode(true).firstElementChild;
  item.querySelector('.channel').textContent = message.channel;
  item.querySelector('.purpose').textContent = message.purpose;
  item.querySelector('.to').textContent = message.to;
  item.querySelector('.code').textContent = message.code;
  const time = item.querySelector('time');
  time.dateTime = message.sentAt;
  time.textContent = new Date(message.sentAt).toLocaleTimeString();
  const button = item.querySelector('button');
  button.setAttribute('aria-label', 'Copy the code ' + message.code);
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(message.code);
    button.textContent = 'Copied';
    button.classList.add('done');
    setTimeout(() => { button.textContent = 'Copy'; button.classList.remove('done'); }, 1500);
  });
  return item;
}

filter.addEventListener('input', show);
refresh();
`;
