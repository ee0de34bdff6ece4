import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

/** OpenSSL's name of P-256, the curve of ES256 (RFC 7518 section 3.4). */
const P256 = 'prime256v1';
const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g;
/** `openssl ecparam -genkey` writes the curve as a block of its own before the key. */
const PARAMETERS = 'EC PARAMETERS';
const HOW_TO_MAKE = 'make one with `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`';

/** What is wrong with a key, continuing its variable's name; it never quotes the value, nor OpenSSL, which might. */
export class KeyProblem extends Error {
  override readonly name = 'KeyProblem';
}

/**
 * Reads the private key that signs tokens: PEM (PKCS#8 or SEC1) with real line ends or `\n`, or base64 of that.
 * @throws KeyProblem unless it is one private P-256 key without a passphrase
 */
export function readPrivateKey(value: string): KeyObject {
  const [block, ...others] = pemBlocks(value);
  if (!block) throw new KeyProblem(`is no key in PEM: ${HOW_TO_MAKE}`);
  if (others.length > 0) throw new KeyProblem('holds several keys: put the others into JWT_PRIVATE_KEY_PREVIOUS');
  if (block.label === 'PUBLIC KEY') throw new KeyProblem(`is a public key, which cannot sign: ${HOW_TO_MAKE}`);
  if (/ENCRYPTED/.test(block.pem)) throw new KeyProblem('is encrypted: give it without a passphrase');
  return onP256(() => createPrivateKey(block.pem));
}

/**
 * Reads the keys of before a change, private or public, several PEMs one after the other or separated by commas; keeps
 * their public parts only.
 * @throws KeyProblem where one is no P-256 key
 */
export function readPublicKeys(value: string): KeyObject[] {
  const keys = value.split(',').flatMap((part) => pemBlocks(part));
  if (keys.length === 0) throw new KeyProblem('holds no key in PEM');
  return keys.map(({ pem }) => onP256(() => createPublicKey(pem)));
}

function onP256(read: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch {
    throw new KeyProblem(`cannot be read as a key in PEM: ${HOW_TO_MAKE}`);
  }
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== P256)
    throw new KeyProblem(`must be a key of the curve P-256, for ES256: ${HOW_TO_MAKE}`);
  return key;
}

/** The PEM blocks of a text; none where anything but white space stands around them. */
function pemBlocks(value: string): { label: string; pem: string }[] {
  const decoded = value.includes('-----BEGIN') ? value : Buffer.from(value, 'base64').toString('latin1');
  const text = decoded.replaceAll('\\r', '').replaceAll('\\n', '\n');
  if (text.replace(PEM_BLOCK, '').trim() !== '') return [];
  return [...text.matchAll(PEM_BLOCK)]
    .map(([pem, label = '']) => ({ label, pem }))
    .filter(({ label }) => label !== PARAMETERS);
}
