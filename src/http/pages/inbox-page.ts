/** The development inbox as a page; it asks /dev/inbox.json and /dev/notices.json every second. */
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
<section id="told" hidden>
<h2>Notices</h2>
<p>What people are told about their account, and links to reset a password.</p>
<ul id="notices" class="cards" aria-live="polite"></ul>
</section>
</main>
<template id="message">
<li><div class="grow"><div class="soft"><span class="tag channel"></span> <span class="tag purpose"></span></div><strong class="to"></strong><div class="payment"></div><div class="soft"><time></time></div></div>
<span class="code"></span><button type="button">Copy</button></li>
</template>
<template id="notice">
<li><div class="grow"><div class="soft"><span class="tag channel"></span> <span class="tag kind"></span></div><strong class="subject"></strong><div class="soft"><span class="recipient"></span> · <time></time></div><p class="text"></p></div></li>
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
const told = document.getElementById('told');
const template = document.getElementById('message');
const noticeTemplate = document.getElementById('notice');
const cards = new Map();
const noticeCards = new Map();
let messages = [];
let notices = [];

async function refresh() {
  try {
    [messages, notices] = await Promise.all([read('/dev/inbox.json'), read('/dev/notices.json')]);
    show();
    status.textContent = '';
  } catch {
    status.textContent = 'The server does not answer; trying again…';
  }
  setTimeout(refresh, 1000);
}

async function read(path) {
  const response = await fetch(path, { cache: 'no-store' });
  if (!response.ok) throw new Error('HTTP ' + response.status);
  return response.json();
}

function show() {
  const wanted = filter.value.trim();
  const shown = place(list, cards, messages.filter(({ to }) => to.includes(wanted)), card);
  empty.hidden = messages.length > 0;
  none.hidden = messages.length === 0 || shown > 0;
  const noticesShown = place(document.getElementById('notices'), noticeCards, notices.filter(({ to }) => to.includes(wanted)), noticeCard);
  told.hidden = noticesShown === 0;
}

function place(list, cards, items, make) {
  const visible = new Map(items.map((item) => [JSON.stringify(item), item]));
  for (const [key, item] of cards) if (!visible.has(key) && cards.delete(key)) item.remove();
  // Cards that stay are not moved: a keyboard's focus, a selection and a "Copied" would be lost.
  [...visible].forEach(([key, item], index) => {
    if (!cards.has(key)) cards.set(key, make(item));
    if (list.children[index] !== cards.get(key)) list.insertBefore(cards.get(key), list.children[index] ?? null);
  });
  return visible.size;
}

function card(message) {
  const item = template.content.cloneNode(true).firstElementChild;
  item.querySelector('.channel').textContent = message.channel;
  item.querySelector('.purpose').textContent = message.purpose;
  item.querySelector('.to').textContent = message.to;
  const paid = message.transaction;
  item.querySelector('.payment').textContent = paid ? paid.amount + ' ' + paid.currency + ' to ' + paid.payee : '';
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

function noticeCard(notice) {
  const item = noticeTemplate.content.cloneNode(true).firstElementChild;
  item.querySelector('.channel').textContent = notice.channel;
  item.querySelector('.kind').textContent = notice.kind;
  item.querySelector('.subject').textContent = notice.subject;
  item.querySelector('.recipient').textContent = notice.to;
  const text = item.querySelector('.text');
  const [before, after] = notice.link ? notice.text.split(notice.link) : [notice.text];
  text.append(before);
  if (notice.link) {
    const link = document.createElement('a');
    link.href = notice.link;
    link.textContent = notice.link;
    text.append(link, after);
  }
  const time = item.querySelector('time');
  time.dateTime = notice.sentAt;
  time.textContent = new Date(notice.sentAt).toLocaleTimeString();
  return item;
}

filter.addEventListener('input', show);
refresh();
`;
