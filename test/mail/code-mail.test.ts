import { expect, test } from '@jest/globals';
import { codeMail } from '../../src/mail/code-mail.ts';

const to = 'name@example.com';

test('the mail of a payment says how much goes to whom, in text and in HTML', () => {
  const { subject, text, html } = codeMail(to, '123456', 'TRANSACTION', {
    amount: '10.00',
    currency: 'EUR',
    payee: 'Acme & Söhne',
  });
  expect(text).toContain('to confirm a payment of 10.00 EUR to Acme & Söhne.');
  expect(html).toContain('to confirm a payment of 10.00 EUR to Acme &amp; Söhne.');
  expect(subject).not.toMatch(/10\.00|Acme|123456/);
});

test('markup in the name of a payee stays text', () => {
  const payment = { amount: '1.00', currency: 'EUR', payee: `<a href="//x" title='y'>` };
  const { html } = codeMail(to, '123456', 'TRANSACTION', payment);
  expect(html).toContain('&lt;a href=&quot;//x&quot; title=&#39;y&#39;&gt;');
});

test('the mail of any other code says nothing of payments', () => {
  expect(codeMail(to, '123456', 'VERIFICATION').text).toMatch(/to confirm this e-mail address\. It works once/);
});
