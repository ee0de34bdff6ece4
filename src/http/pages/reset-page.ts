/**
 * The page at the end of a reset link. The token is in the fragment, which no browser sends to a server: it is in no
 * access log, and a scanner that fetches the link learns and uses nothing. The paths are relative, since PUBLIC_URL may
 * lead through a prefix.
 */
export const RESET_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Set a new password</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="reset-password.css">
<script src="reset-password.js" defer></script>
</head>
<body>
<main>
<h1>Set a new password</h1>
<noscript><p>This page needs JavaScript. Allow it here, or reset the password with a code where you sign in.</p></noscript>
<form id="form" hidden>
<p>Afterwards you are signed out everywhere, and sign in with the new password.</p>
<label for="password">New password, at least 8 characters</label>
<input id="password" type="password" autocomplete="new-password" required minlength="8" maxlength="512" aria-describedby="problem">
<label class="check"><input id="show" type="checkbox"> Show it</label>
<button id="save" type="submit">Save</button>
</form>
<p id="problem" class="problem" role="alert"></p>
<p id="done" role="status" tabindex="-1"></p>
</main>
</body>
</html>
`;

export const RESET_SCRIPT = `'use strict';
const form = document.getElementById('form');
const password = document.getElementById('password');
const show = document.getElementById('show');
const save = document.getElementById('save');
const problem = document.getElementById('problem');
const done = document.getElementById('done');
const ASK_AGAIN = 'Ask for a new link, or for a code, where you sign in.';
const token = new URLSearchParams(location.hash.slice(1)).get('token');

if (token) {
  // Neither the history nor the address bar should keep it.
  history.replaceState(null, '', location.pathname);
  form.hidden = false;
  password.focus();
} else problem.textContent = 'This link is not complete: open it as it stands in the mail. ' + ASK_AGAIN;

// Another link opened in the same tab changes the fragment only.
addEventListener('hashchange', () => location.reload());
show.addEventListener('change', () => { password.type = show.checked ? 'text' : 'password'; });
form.addEventListener('submit', (event) => {
  event.preventDefault();
  send();
});

async function send() {
  save.disabled = true;
  problem.textContent = '';
  try {
    const response = await fetch('reset-password', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token, new_password: password.value }),
    });
    const answer = await response.json();
    if (response.ok) return finish('Your password is set. You can sign in with it now.');
    problem.textContent = explain(answer, response.headers.get('retry-after'));
  } catch {
    problem.textContent = 'The server does not answer. Check your connection and try again.';
  } finally {
    save.disabled = false;
  }
}

function explain({ code, error }, retryAfter) {
  if (code === 'OTP_EXPIRED' || code === 'FORBIDDEN') {
    form.hidden = true;
    return (code === 'FORBIDDEN' ? 'Links no longer work here. ' : 'This link has expired or was used. ') + ASK_AGAIN;
  }
  if (code === 'WEAK_PASSWORD') {
    password.focus();
    return error.replace(/^new_password/, 'This password');
  }
  if (retryAfter) return 'This cannot be done now. Try again in ' + (retryAfter > 90 ? Math.ceil(retryAfter / 60) + ' minutes.' : retryAfter + ' seconds.');
  return 'Something went wrong. Try again.';
}

function finish(message) {
  form.remove();
  done.textContent = message;
  done.focus();
}
`;
