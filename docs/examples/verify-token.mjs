// Checks an otpql access token without asking otpql.
//   npm install jose
//   echo "$TOKEN" | OTPQL_URL=http://localhost:4000 node verify-token.mjs
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { text } from 'node:stream/consumers';

const url = process.env.OTPQL_URL ?? 'http://localhost:4000';
const issuer = process.env.OTPQL_ISSUER ?? url;
const audience = process.env.OTPQL_AUDIENCE ?? 'otpql';

// Fetched once, kept, and fetched again when a token names a key that is not known yet.
const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', url));

/**
 * The claims of a good token; throws for any other string.
 * @param {string} token what follows `Bearer ` in the Authorization header
 */
export async function verifyAccessToken(token) {
  const { payload } = await jwtVerify(token, keys, {
    algorithms: ['ES256'],
    typ: 'at+jwt',
    issuer,
    audience,
    requiredClaims: ['exp', 'sub', 'sid'],
  });
  return payload;
}

try {
  const { sub, sid, amr, exp } = await verifyAccessToken((await text(process.stdin)).trim());
  console.log(JSON.stringify({ user: sub, session: sid, amr, expires: exp }));
} catch (error) {
  console.error(`refused: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
