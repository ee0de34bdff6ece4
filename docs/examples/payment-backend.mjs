// A payment backend that pays an order only with a receipt of otpql for exactly that order. It never asks otpql.
//   npm install jose
//   ORDERS='[{"reference":"order-1","amount":"10.00","currency":"EUR","payee":"Acme Inc.","customer":"USER_ID"}]' \
//     OTPQL_URL=http://localhost:4000 node payment-backend.mjs
//   curl -X POST http://localhost:4100/orders/order-1/pay -H "authorization: Bearer $RECEIPT"
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const url = process.env.OTPQL_URL ?? 'http://localhost:4000';
const issuer = process.env.OTPQL_ISSUER ?? url;
const audience = `${process.env.OTPQL_AUDIENCE ?? 'otpql'}/transactions`;
const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', url));

/** @typedef {{ reference: string, amount: string, currency: string, payee: string, customer: string }} Order */
/** @type {Order[]} */
const listed = JSON.parse(process.env.ORDERS ?? '[]');
const orders = new Map(listed.map((order) => [order.reference, order]));
// Of one process only. A real backend has both in its database, `jti` and the order's reference under a unique index,
// written in the transaction that moves the money.
const spentReceipts = new Set();
const paidOrders = new Set();

/**
 * What otpql hashes: see "The canonical form". The order has its amount with all the digits of its currency.
 * @param {Order} order
 */
function hashOf({ amount, currency, payee, reference }) {
  const canonical = JSON.stringify({ amount, currency, payee, reference });
  return createHash('sha256').update(`otpql-transaction-v1\n${canonical}`).digest('base64url');
}

/**
 * Pays an order once; throws with the reason otherwise.
 * @param {Order | undefined} order from our own books: nothing of the amount or payee is taken from the client
 * @param {string} receipt
 */
async function pay(order, receipt) {
  if (!order) throw new Error('there is no such order');
  const { payload } = await jwtVerify(receipt, keys, {
    algorithms: ['ES256'],
    typ: 'transaction-receipt+jwt',
    issuer,
    audience,
    requiredClaims: ['exp', 'jti', 'sub', 'transaction_hash'],
  });
  if (payload.transaction_hash !== hashOf(order)) throw new Error('the receipt is for another payment');
  if (payload.sub !== order.customer) throw new Error('the receipt is of another customer');
  if (spentReceipts.has(payload.jti)) throw new Error('the receipt was used already');
  if (paidOrders.has(order.reference)) throw new Error('the order is paid already');
  spentReceipts.add(payload.jti);
  paidOrders.add(order.reference);
}

const server = createServer((request, response) => {
  const [, reference = ''] = /^\/orders\/([^/]+)\/pay$/.exec(request.url ?? '') ?? [];
  const [, receipt = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
  pay(orders.get(reference), receipt).then(
    () => response.writeHead(200).end('paid\n'),
    (error) => response.writeHead(403).end(`refused: ${error.message}\n`),
  );
});
server.listen(Number(process.env.PORT ?? 4100), '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`listening on ${port}`);
});
