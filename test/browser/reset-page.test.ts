// The page at the end of a reset link: it takes the token from the fragment, forgets it in the address bar, and says in
// words what went wrong. Under the content security policy, with nothing from elsewhere.
import { expect } from '@jest/globals';
import { RequestPasswordResetLinkDocument } from '../../web/generated/operations.ts';
import { browserTest as test } from '../support/browser.ts';
import { useLinkPages } from '../support/link-pages.ts';
import { importUser, linkTo, tokenOf } from '../support/reset-links.ts';

const pages = useLinkPages();

async function freshLink(): Promise<string> {
  const email = await importUser(pages.server);
  await pages.server.run(RequestPasswordResetLinkDocument, { input: { email } });
  return `${pages.server.url}/reset-password#token=${tokenOf(await linkTo(pages.server, email))}`;
}
const problem = () => pages.page.getByRole('alert');
const save = async (password: string) => {
  await pages.page.getByLabel('New password').fill(password);
  await pages.page.getByRole('button', { name: 'Save' }).click();
};

test('a link is opened, a weak password is explained, a good one is set, and the token leaves the address bar', async () => {
  const link = await freshLink();
  await pages.page.goto(link);
  await pages.page.getByRole('heading', { name: 'Set a new password' }).waitFor();
  expect(pages.page.url()).toBe(`${pages.server.url}/reset-password`);
  expect(await pages.page.evaluate<string>('document.activeElement.id')).toBe('password');

  pages.expectComplaint(/status of 400/);
  await save('password1');
  await problem().getByText('This password is one of the most common passwords: choose another').waitFor();
  await pages.page.getByLabel('Show it').check();
  expect(await pages.page.getByLabel('New password').getAttribute('type')).toBe('text');
  await save('a brand new passphrase');
  await pages.page.getByText('Your password is set. You can sign in with it now.').waitFor();
  expect(await pages.page.locator('form').count()).toBe(0);
  // The fragment stays in the browser: no URL that went over the wire has it.
  expect(pages.requested.join()).not.toContain(tokenOf(link));
  expect(pages.server.log()).not.toContain(tokenOf(link));

  await pages.page.goto('about:blank');
  await pages.page.goto(link);
  await save('another new passphrase');
  await problem().getByText('This link has expired or was used.').waitFor();
  expect(await pages.page.locator('form').isVisible()).toBe(false);
});

test('a second link in the same tab replaces the first', async () => {
  await pages.page.goto(await freshLink());
  await pages.page.goto(await freshLink());
  await save('a brand new passphrase');
  await pages.page.getByText('Your password is set.').waitFor();
});

test('an incomplete link says so, and shows no form', async () => {
  await pages.page.goto(`${pages.server.url}/reset-password`);
  await problem().getByText('This link is not complete').waitFor();
  expect(await pages.page.locator('form').isVisible()).toBe(false);
});

test('a server that does not answer is told, and the form can be sent again', async () => {
  await pages.page.goto(await freshLink());
  pages.expectComplaint(/Failed to load|ERR_FAILED/);
  await pages.page.route('**/reset-password', (route) => route.abort());
  await save('a brand new passphrase');
  await problem().getByText('The server does not answer').waitFor();
  await pages.page.unroute('**/reset-password');
  await pages.page.getByRole('button', { name: 'Save' }).click();
  await pages.page.getByText('Your password is set.').waitFor();
});

test('the development inbox shows the link, and it can be clicked', async () => {
  const email = await importUser(pages.server);
  await pages.server.run(RequestPasswordResetLinkDocument, { input: { email } });
  await pages.page.goto(`${pages.server.url}/dev/inbox`);
  const card = pages.page.getByRole('listitem').filter({ hasText: email });
  await card.getByText('Reset your password').waitFor();
  expect(await card.getByRole('link').getAttribute('href')).toBe(await linkTo(pages.server, email));
});

test.each(['light', 'dark'] as const)('it fits a phone in %s colours', async (colorScheme) => {
  await pages.page.emulateMedia({ colorScheme });
  await pages.page.setViewportSize({ width: 360, height: 700 });
  await pages.page.goto(await freshLink());
  await pages.page.getByRole('button', { name: 'Save' }).waitFor();
  expect(await pages.page.evaluate<number>('document.documentElement.scrollWidth')).toBe(360);
});
