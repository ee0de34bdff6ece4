import { expect, test } from '@jest/globals';
import { Keyring } from '../../src/keyring.ts';
import { bindingId, destinationId } from '../../src/otp/identifiers.ts';
import { requesterIds, type Requester } from '../../src/otp/requester.ts';

const keyring = new Keyring('a secret of the tests, 32 bytes or more');
const CLIENT: Requester = { userId: null, ip: '192.0.2.1', deviceToken: null };
const idAt = (destination: string, different: Partial<Requester> = {}) =>
  requesterIds(keyring, destination, { ...CLIENT, ...different }).id;

test('what an earlier release has stored is found again', () => {
  expect(destinationId(keyring, '+12025550123')).toBe('3YP4y1VzMmsJmJu-JrgdabSvswhZnWaSv4kIV5ulBb8');
  expect(bindingId(keyring, 'user-1')).toBe('Gdqx2v20qe592Bdt93lyV9');
  expect(idAt('destination')).toBe('CFzUTPgQEKC_br11kkhyR3');
});

test('one text has three names, none of which begins like another', () => {
  const text = 'destination\nuser:requester';
  const names = [destinationId(keyring, text), bindingId(keyring, text), idAt('destination', { userId: 'requester' })];
  expect(new Set(names.map((name) => name.slice(0, 22))).size).toBe(3);
});

test('a requester has another name beside every destination', () => {
  expect(idAt('a')).not.toBe(idAt('b'));
});
