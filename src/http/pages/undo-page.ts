import { linkPage, linkScript } from './link-page.ts';

/** The page at the end of a notice's link. */
export const UNDO_PAGE = linkPage({
  name: 'undo-change',
  title: 'Undo a change',
  heading: 'Undo a change of your account',
  noScript: 'This page needs JavaScript. Allow it here.',
  form: `<p>The phone number and the e-mail address of your account become again what they were before the change, and everybody is signed out. Do this if the change was not yours.</p>
<button id="undo" type="submit">Undo the change</button>`,
});

export const UNDO_SCRIPT = linkScript(`
const button = document.getElementById('undo');
const incomplete = 'This link is not complete: open it as it stands in the message.';
const MUTATION = 'mutation UndoChange($input: UndoChangeInput!) { undoChange(input: $input) { message } }';

function opened() {}

async function send() {
  const response = await postJson('graphql', { query: MUTATION, variables: { input: { token } } });
  const { data, errors } = await response.json();
  if (data && data.undoChange) return finish('The change is undone, and everybody is signed out. Reset your password now: whoever made the change knows it.');
  const { message, extensions: { code, retryAfterSeconds } } = errors[0];
  const isOver = code === 'OTP_EXPIRED' || code === 'ACCOUNT_EXISTS';
  form.hidden = isOver;
  problem.textContent = isOver ? message + '.' : otherwise(retryAfterSeconds);
}
`);
