// The example of docs/transactions.md against a real server: what it pays, and what it refuses.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import jwt from 'jsonwebtoken';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../scripts/project.mjs';
import {
  canonicalForm,
  parseTransaction,
  transactionHash,
  type PaymentOrder,
} from '../../src/transaction/transaction.ts';
import { privatePem } from '../support/keys.ts';
import { codeFor, confirm, PAYMENT, payer, type Payer, type Payment } from '../support/payments.ts';
import { endProgram, launch, until, type Program } from '../support/process.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { blocks } from './blocks.ts';

const JWT_PRIVATE_KEY = privatePem();
const EXAMPLE = join(root, 'docs', 'examples', 'payment-backend.mjs');
const page = readFileSync(join(root, 'docs', 'transactions.md'), 'utf8');
const ORDERS = 20;

let server: TestServer;
let backend: Program;
let backendUrl: string;
const customers: Payer[] = [];
let who: Payer;
beforeAll(async () => {
  server = await startServer({
    JWT_PRIVATE_KEY,
    JWT_ISSUER: 'https://id.example',
    JWT_AUDIENCE: 'shop',
    RATE_LIMIT_SCALE: '1000',
  });
  // A customer for each order: a phone gets the codes of five payments in ten minutes, and no more.
  for (let index = 0; index < ORDERS; index += 1) customers.push(await payer(server));
  const orders = customers.map(({ user }, index) => ({ ...order(index), customer: user.id }));
  const env = {
    PATH: process.env['PATH'],
    PORT: '0',
    ORDERS: JSON.stringify(orders),
    OTPQL_URL: server.url,
    OTPQL_ISSUER: 'https://id.example',
    OTPQL_AUDIENCE: 'shop',
  };
  backend = launch(process.execPath, [EXAMPLE], { cwd: root, env });
  await until(() => !backend.isRunning() || backend.stdout().includes('listening'));
  backendUrl = `http://127.0.0.1:${/listening on (\d+)/.exec(backend.stdout())![1]}`;
});
afterAll(async () => {
  await endProgram(backend);
  await server.close();
});

const order = (index: number): Payment => ({ ...PAYMENT, reference: `order-${index}` });
let next = 0;
let mine: Payment;
beforeEach(() => {
  mine = order(next);
  who = customers[next]!;
  next += 1;
});

async function receiptFor(transaction: Payment, by = who): Promise<string> {
  const answer = await confirm(server, by, await codeFor(server, by, transaction), transaction);
  return answer.data!.confirmTransactionWithOtp.token;
}
async function pay(reference: string, receipt: string) {
  const headers = { authorization: `Bearer ${receipt}` };
  const response = await fetch(`${backendUrl}/orders/${reference}/pay`, { method: 'POST', headers });
  return `${response.status} ${(await response.text()).trim()}`;
}
/** The same receipt by the same key with something changed, as only the server itself could make it. */
function resigned(receipt: string, changed: { header?: object; claims?: object }, key = JWT_PRIVATE_KEY): string {
  const { header, payload } = jwt.decode(receipt, { complete: true })!;
  const whole = { ...header, ...changed.header };
  return jwt.sign({ ...(payload as object), ...changed.claims }, key, { algorithm: 'ES256', header: whole });
}

test('an order is paid by its receipt, once', async () => {
  const receipt = await receiptFor(mine);
  expect(await pay(mine.reference, receipt)).toBe('200 paid');
  expect(await pay(mine.reference, receipt)).toBe('403 refused: the receipt was used already');
  // A second receipt for the same order is good, and pays nothing.
  expect(await pay(mine.reference, await receiptFor(mine))).toBe('403 refused: the order is paid already');
});

describe('an order is not paid', () => {
  test.each<Partial<Payment>>([
    { amount: '1.00' },
    { currency: 'USD' },
    { payee: 'Somebody' },
    { reference: 'order-x' },
  ])('by a receipt for %j', async (change) => {
    const cheaper = await receiptFor({ ...mine, ...change });
    expect(await pay(mine.reference, cheaper)).toBe('403 refused: the receipt is for another payment');
  });

  test("by another customer's receipt", async () => {
    const receipt = await receiptFor(mine, await payer(server));
    expect(await pay(mine.reference, receipt)).toBe('403 refused: the receipt is of another customer');
  });

  const FORGED: Record<string, (receipt: string) => string> = {
    'a receipt that has expired': (receipt) =>
      resigned(receipt, { claims: { exp: Math.floor(Date.now() / 1000) - 1 } }),
    'a receipt for another audience': (receipt) => resigned(receipt, { claims: { aud: 'bank/transactions' } }),
    'a receipt for the audience of access tokens': (receipt) => resigned(receipt, { claims: { aud: 'shop' } }),
    'a receipt of another issuer': (receipt) => resigned(receipt, { claims: { iss: 'https://evil.example' } }),
    'a receipt of another key': (receipt) => resigned(receipt, {}, privatePem()),
    'a token of another type': (receipt) => resigned(receipt, { header: { typ: 'at+jwt' } }),
    'an access token': () => who.token,
    'no receipt': () => '',
  };
  test.each(Object.entries(FORGED))('by %s', async (_what, forge) => {
    const receipt = await receiptFor(mine);
    expect(await pay(mine.reference, forge(receipt))).toMatch(/^403 refused: /);
    expect(await pay(mine.reference, receipt)).toBe('200 paid');
  });
});

describe('the page', () => {
  interface Vector {
    readonly given: PaymentOrder;
    readonly canonical: PaymentOrder;
    readonly hash: string;
  }
  const vectors = JSON.parse(blocks(page).find(({ language }) => language === 'json')!.text) as Vector[];

  test('shows the example as it is', () => {
    const [, shown] = /<!-- examples\/payment-backend\.mjs -->\n+```js\n(.*?)```/s.exec(page)!;
    expect(shown).toBe(readFileSync(EXAMPLE, 'utf8'));
  });

  test.each(vectors)('hashes $given.reference as the server does', ({ given, canonical, hash }) => {
    const parsed = parseTransaction(given, 'transaction');
    expect(parsed).toEqual(canonical);
    expect(canonicalForm(parsed)).toBe(JSON.stringify(canonical));
    expect(transactionHash(parsed)).toBe(hash);
  });

  test('has a hash in Python that agrees', async () => {
    const code = blocks(page).find(({ language }) => language === 'python')!.text;
    const script = `${code}\nimport sys\nfor order in json.loads(sys.argv[1]): print(transaction_hash(order))`;
    const canonical = JSON.stringify(vectors.map((vector) => vector.canonical));
    const { stdout } = await promisify(execFile)('python3', ['-c', script, canonical]);
    expect(stdout.trim().split('\n')).toEqual(vectors.map(({ hash }) => hash));
  });

  test('has operations that the server takes', async () => {
    const [send, confirmIt] = blocks(page).filter(({ language }) => language === 'graphql');
    const to = (text: string) => text.replace('+12025550123', who.phone).replaceAll('order-1', 'order-of-the-page');
    const sent = await server.query(to(send!.text), undefined, who.headers);
    const { challengeId } = sent.data!['sendOtp'] as { challengeId: string };
    const [message] = await server.inbox(who.phone);
    const variables = { challengeId, otpCode: message!.code };
    const answer = await server.query(to(confirmIt!.text), variables, who.headers);
    expect(answer.errors).toEqual([]);
  });
});
