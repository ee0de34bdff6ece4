import { expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { freshValues, identitiesIn, identitiesOf, template } from '../../bench/floor/identities.ts';

const { ObjectId, Binary } = mongoose.mongo;
const TEXT = 'person-00000001@example.com';

test('what names documents is found in every place where a command looks for one', () => {
  const values = Array.from({ length: 7 }, (_, index) => `the value with number ${index}`);
  const [filter, query, update, remove, match, id, unseen] = values;
  const command = {
    filter: { $or: [{ email: filter }] },
    query: { _id: query },
    updates: [{ q: { _id: update }, u: { $set: { note: unseen } } }],
    deletes: [{ q: { _id: remove }, limit: 1 }],
    pipeline: [{ $match: { _id: match } }, { $set: { note: unseen } }],
    documents: [{ _id: id, note: unseen }],
  };
  expect([...identitiesOf(command).values()].sort()).toEqual(values.filter((value) => value !== unseen));
});

test('words, numbers, instants and the names of fields name no document', () => {
  const command = {
    status: 'pending',
    version: 3,
    at: new Date(0),
    is: true,
    field: '$slots.VERIFICATION.id',
    none: null,
  };
  expect(identitiesIn(command).size).toBe(0);
});

test('each repetition has other values of the same kind and length, the same wherever they stood', () => {
  const values = { text: TEXT, id: new ObjectId(), bytes: new Binary(Buffer.alloc(20, 7)) };
  const identities = identitiesIn(values);
  const make = template([{ filter: values }, { again: [values.text, values.id, values.bytes] }], identities);
  const one = make(freshValues(identities)) as [{ filter: typeof values }, { again: unknown[] }];
  const other = make(freshValues(identities)) as typeof one;
  for (const { text, id, bytes } of [one[0].filter, other[0].filter]) {
    expect(text).toHaveLength(TEXT.length);
    expect([id, bytes.length()]).toEqual([expect.any(ObjectId), 20]);
  }
  expect(one[1].again).toEqual(Object.values(one[0].filter));
  const seen = [values, one[0].filter, other[0].filter].flatMap(({ text, id, bytes }) => [
    text,
    String(id),
    String(bytes),
  ]);
  expect(new Set(seen).size).toBe(9);
});

test('what holds none of them is not made again', () => {
  const command = { query: { _id: TEXT }, update: [{ $set: { status: { $cond: [true, 'approved', '$status'] } } }] };
  const identities = identitiesOf(command);
  const made = template(command, identities)(freshValues(identities)) as typeof command;
  expect(made.query._id).not.toBe(TEXT);
  expect(made.update).toBe(command.update);
});
