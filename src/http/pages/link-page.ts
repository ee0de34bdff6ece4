/** What a page at the end of a link says. */
interface LinkPage {
  /** Its path, from which its style and script are named. */
  readonly name: string;
  readonly title: string;
  readonly heading: string;
  /** What to do without JavaScript. */
  readonly noScript: string;
  /** HTML of the form, which shows once a token is there. */
  readonly form: string;
}

/**
 * A page at the end of a link in a message. The token is in the fragment, which no browser sends to a server: it is in no
 * access log, and a scanner that fetches the link learns and uses nothing; one that runs scripts too presses no button. The
 * paths are relative, since PUBLIC_URL may lead through a prefix.
 */
export function linkPage({ name, title, heading, noScript, form }: LinkPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${name}.css">
<script src="${name}.js" defer></script>
</head>
<body>
<main>
<h1>${heading}</h1>
<noscript><p>${noScript}</p></noscript>
<form id="form" hidden>
${form}
</form>
<p id="problem" class="problem" role="alert"></p>
<p id="done" role="status" tabindex="-1"></p>
</main>
</body>
</html>
`;
}

/**
 * The script of such a page, around its own: that names the button and `incomplete`, what to say without a token, and defines
 * `send`, which may throw where no answer comes, and `opened` where it has something to do then.
 */
export function linkScript(own: string): string {
  return `'use strict';
const form = document.getElementById('form');
const problem = document.getElementById('problem');
const done = document.getElementById('done');
const token = new URLSearchParams(location.hash.slice(1)).get('token');
${own}
if (token) {
  // Neither the history nor the address bar should keep it.
  history.replaceState(null, '', location.pathname);
  form.hidden = false;
  opened();
} else problem.textContent = incomplete;

// Another link opened in the same tab changes the fragment only.
addEventListener('hashchange', () => location.reload());
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  button.disabled = true;
  problem.textContent = '';
  try {
    await send();
  } catch {
    problem.textContent = 'The server does not answer. Check your connection and try again.';
  } finally {
    button.disabled = false;
  }
});

function postJson(path, body) {
  return fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

function otherwise(retryAfter) {
  if (!retryAfter) return 'Something went wrong. Try again.';
  return 'This cannot be done now. Try again in ' + (retryAfter > 90 ? Math.ceil(retryAfter / 60) + ' minutes.' : retryAfter + ' seconds.');
}

function finish(message) {
  form.remove();
  done.textContent = message;
  done.focus();
}
`;
}
