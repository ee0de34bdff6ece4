import { linkPage, linkScript } from './link-page.ts';

/** The page at the end of a reset link. */
export const RESET_PAGE = linkPage({
  name: 'reset-password',
  title: 'Set a new password',
  heading: 'Set a new password',
  noScript: 'This page needs JavaScript. Allow it here, or reset the password with a code where you sign in.',
  form: `<p>Afterwards you are signed out everywhere, and sign in with the new password.</p>
<label for="password">New password, at least 8 characters</label>
<input id="password" type="password" autocomplete="new-password" required minlength="8" maxlength="512" aria-describedby="problem">
<label class="check"><input id="show" type="checkbox"> Show it</label>
<button id="save" type="submit">Save</button>`,
});

export const RESET_SCRIPT = linkScript(`
const button = document.getElementById('save');
const password = document.getElementById('password');
const show = document.getElementById('show');
const ASK_AGAIN = 'Ask for a new link, or for a code, where you sign in.';
const incomplete = 'This link is not complete: open it as it stands in the mail. ' + ASK_AGAIN;

show.addEventListener('change', () => { password.type = show.checked ? 'text' : 'password'; });

function opened() {
  password.focus();
}

async function send() {
  const response = await postJson('reset-password', { token, new_password: password.value });
  const answer = await response.json();
  if (response.ok) return finish('Your password is set. You can sign in with it now.');
  problem.textContent = explain(answer, response.headers.get('retry-after'));
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
  return otherwise(retryAfter);
}
`);
