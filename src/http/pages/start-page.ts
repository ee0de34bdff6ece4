const FIRST_MUTATION = `mutation {
  sendOtp(input: { to: "+1234567890" }) {
    message
    status
    challengeId
    expiresAt
  }
}`;

/** The page at `/`: where things are, and a first mutation to paste. */
export function startPage(options: { readonly inbox: boolean }): string {
  const inbox = options.inbox
    ? '<li><div class="grow"><a href="/dev/inbox"><strong>/dev/inbox</strong></a><div class="soft">The codes that "arrived"</div></div></li>'
    : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>otpql</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/dev/page.css">
<script src="/dev/start.js" defer></script>
</head>
<body>
<main>
<h1>otpql is running</h1>
<p>An identity server around the one-time code.</p>
<ul class="cards">
<li><div class="grow"><a href="/graphql"><strong>/graphql</strong></a><div class="soft">The API; in a browser, Apollo Sandbox with its documentation</div></div></li>
<li><div class="grow"><a href="/docs"><strong>/docs</strong></a><div class="soft">The REST endpoints; their OpenAPI document is at /openapi.json</div></div></li>
${inbox}
<li><div class="grow"><a href="/healthz"><strong>/healthz</strong></a> and <a href="/readyz"><strong>/readyz</strong></a><div class="soft">The process runs; the database answers</div></div></li>
</ul>
<h2>A first mutation</h2>
<p>Paste it into the Sandbox and run it; the code appears in the inbox.</p>
<pre id="mutation">${FIRST_MUTATION}</pre>
<button type="button" id="copy">Copy</button>
</main>
</body>
</html>
`;
}

export const START_SCRIPT = `'use strict';
const button = document.getElementById('copy');
button.addEventListener('click', async () => {
  await navigator.clipboard.writeText(document.getElementById('mutation').textContent);
  button.textContent = 'Copied';
  button.classList.add('done');
  setTimeout(() => { button.textContent = 'Copy'; button.classList.remove('done'); }, 1500);
});
`;
