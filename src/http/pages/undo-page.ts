/**
 * The page at the end of a notice's link. As in `reset-page.ts` the token is in the fragment, and the paths are relative. A
 * scanner that runs scripts too presses no button.
 */
export const UNDO_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Undo a change</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="undo-change.css">
<script src="undo-change.js" defer></script>
</head>
<body>
<main>
<h1>Undo a change of your account</h1>
<noscript><p>This page needs JavaScript. Allow it here.</p></noscript>
<form id="form" hidden>
<p>The phone number and the e-mail address of your account become again what they were before the change, and everybody is signed out. Do this if the change was not yours.</p>
<button id="undo" type="submit">Undo the change</button>
</form>
<p id="problem" class="problem" role="alert"></p>
<p id="done" role="status" tabindex="-1"></p>
</main>
</body>
</html>
`;

export const UNDO_SCRIPT = `'use strict';
const form = document.getElementById('form');
const undo = document.getElementById('undo');
const problem = document.getElementById('problem');
const done = document.getElementById('done');
const MUTATION = 'mutation UndoChange($input: UndoChangeInput!) { undoChange(input: $input) { message } }';
const token = new URLSearchParams(location.hash.slice(1)).get('token');

if (token) {
  // Neither the history nor the address bar should keep it.
  history.replaceState(null, '', location.pathname);
  form.hidden = false;
} else problem.textContent = 'This link is not complete: open it as it stands in the message.';

// Another link opened in the same tab changes the fragment only.
addEventListener('hashchange', () => location.reload());
form.addEventListener('submit', (event) => {
  event.preventDefault();
  send();
});

async function send() {
  undo.disabled = true;
  problem.textContent = '';
  try {
    const response = await fetch('graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: MUTATION, variables: { input: { token } } }),
    });
    const { data, errors } = await response.json();
    if (data && data.undoChange) return finish();
    explain(errors[0]);
  } catch {
    problem.textContent = 'The server does not answer. Check your connection and try again.';
  } finally {
    undo.disabled = false;
  }
}

function explain({ message, extensions }) {
  const { code, retryAfterSeconds } = extensions;
  if (code === 'OTP_EXPIRED' || code === 'ACCOUNT_EXISTS') {
    form.hidden = true;
    problem.textContent = message + '.';
  } else if (retryAfterSeconds) {
    problem.textContent = 'This cannot be done now. Try again in ' + (retryAfterSeconds > 90 ? Math.ceil(retryAfterSeconds / 60) + ' minutes.' : retryAfterSeconds + ' seconds.');
  } else problem.textContent = 'Something went wrong. Try again.';
}

function finish() {
  form.remove();
  done.textContent = 'The change is undone, and everybody is signed out. Reset your password now: whoever made the change knows it.';
  done.focus();
}
`;
