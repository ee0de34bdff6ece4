// The page at the end of a notice's link: opening it undoes nothing, its button does, and it says in words what went wrong.
// Under the content security policy, with nothing from elsewhere.
import { expect } from '@jest/globals';
import { ChangePhoneWithOtpDocument } from '../../web/generated/operations.ts';
import { bearer } from '../support/accounts.ts';
import { browserTest as test } from '../support/browser.ts';
import { useLinkPages } from '../support/link-pages.ts';
import { freshPhone, registerUser, sendCode } from '../support/codes.ts';
import { linkTo, tokenOf } from '../support/reset-links.ts';

const pages = useLinkPages();

async function movedUser() {
  const user = await registerUser(pages.server);
  const newPhone = freshPhone();
  const otpCode = await sendCode(pages.server, newPhone, { purpose: 'PHONE_CHANGE', headers: bearer(user.token) });
  const input = { newPhone, password: user.password, otpCode };
  await pages.server.run(ChangePhoneWithOtpDocument, { input }, bearer(user.token));
  const link = `${pages.server.url}/undo-change#token=${tokenOf(await linkTo(pages.server, user.email))}`;
  const phone = async () =>
    (await pages.server.db.collection('users').findOne({ email: user.email }))!['phone'] as string;
  return { user, newPhone, link, phone };
}
const undo = () => pages.page.getByRole('button', { name: 'Undo the change' }).click();

test('opening the link undoes nothing, the button does, once; the token leaves the address bar', async () => {
  const { user, newPhone, link, phone } = await movedUser();
  await pages.page.goto(link);
  await pages.page.getByRole('heading', { name: 'Undo a change of your account' }).waitFor();
  expect(pages.page.url()).toBe(`${pages.server.url}/undo-change`);
  await pages.page.waitForLoadState('networkidle');
  expect(await phone()).toBe(newPhone);

  await undo();
  await pages.page.getByText('The change is undone').waitFor();
  expect(await phone()).toBe(user.phone);
  expect(pages.requested.join()).not.toContain(tokenOf(link));
  expect(pages.server.log()).not.toContain(tokenOf(link));

  pages.expectComplaint(/status of 4/);
  await pages.page.goto('about:blank');
  await pages.page.goto(link);
  await undo();
  await pages.page.getByRole('alert').getByText('This link has expired or was used').waitFor();
  expect(await pages.page.locator('form').isVisible()).toBe(false);
});

test('an old number that somebody else has by now is told', async () => {
  const { user, newPhone, link, phone } = await movedUser();
  pages.server.clock.advance(31_000);
  await registerUser(pages.server, { phone: user.phone });
  pages.expectComplaint(/status of 4/);
  await pages.page.goto(link);
  await undo();
  await pages.page.getByRole('alert').getByText('Another account uses the old phone number').waitFor();
  expect(await phone()).toBe(newPhone);
});

test('an incomplete link says so, and shows no button', async () => {
  await pages.page.goto(`${pages.server.url}/undo-change`);
  await pages.page.getByRole('alert').getByText('This link is not complete').waitFor();
  expect(await pages.page.locator('form').isVisible()).toBe(false);
});

test.each(['light', 'dark'] as const)('it fits a phone in %s colours', async (colorScheme) => {
  const { link } = await movedUser();
  await pages.page.emulateMedia({ colorScheme });
  await pages.page.setViewportSize({ width: 360, height: 700 });
  await pages.page.goto(link);
  await pages.page.getByRole('button', { name: 'Undo the change' }).waitFor();
  expect(await pages.page.evaluate<number>('document.documentElement.scrollWidth')).toBe(360);
});
