import { expect, test } from '@jest/globals';
import { Keyring } from '../../src/keyring.ts';
import { bindingId, destinationId, requesterId } from '../../src/otp/identifiers.ts';

const keyring = new Keyring('a secret of the tests, 32 bytes or more');

test('what an earlier release has stored is found again', () => {
  expect(destinationId(keyring, '+12025550123')).toBe('3YP4y1VzMmsJmJu-JrgdabSvswhZnWaSv4kIV5ulBb8');
  expect(bindingId(keyring, 'user-1')).toBe('Gdqx2v20qe592Bdt93lyV9');
  expect(requesterId(keyring, 'destination', 'ip:192.0.2.1')).toBe('CFzUTPgQEKC_br11kkhyR3');
});

test('one text has three names, none of which begins like another', () => {
  const text = 'destination\nrequester';
  const names = [
    destinationId(keyring, text),
    bindingId(keyring, text),
    requesterId(keyring, 'destination', 'requester'),
  ];
  expect(new Set(names.map((name) => name.slice(0, 22))).size).toBe(3);
});

test('a requester has another name beside every destination', () => {
  expect(requesterId(keyring, 'a', 'ip:192.0.2.1')).not.toBe(requesterId(keyring, 'b', 'ip:192.0.2.1'));
});
