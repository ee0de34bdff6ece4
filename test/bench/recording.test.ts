import { expect, test } from '@jest/globals';
import { countCommands, identitiesOfRecording, recordingOf } from '../../bench/floor/recording.ts';

const DESTINATION = 'a-destination-of-its-own';
const tapped = (name: string, sentAt: number, repliedAt: number, more: object = {}) => ({
  command: { [name]: 'things', $db: 'recorded', ...more },
  sentAt,
  repliedAt,
});
const names = (groups: ReturnType<typeof recordingOf>['beforeAnswer']) =>
  groups.map((group) => group.map(({ command }) => Object.keys(command)[0]));

test('a command that does not wait for the one before it is made at the same time', () => {
  const commands = [tapped('find', 0, 25), tapped('update', 1, 26), tapped('insert', 26, 51), tapped('delete', 52, 77)];
  const { beforeAnswer } = recordingOf(commands, 80, new Map());
  expect(names(beforeAnswer)).toEqual([['find', 'update'], ['insert'], ['delete']]);
});

test('a command whose answer nobody waited for comes after the answer, although it was sent before that arrived', () => {
  const commands = [tapped('find', 0, 25), tapped('update', 26, 51)];
  const { beforeAnswer, afterAnswer } = recordingOf(commands, 27, new Map());
  expect([names(beforeAnswer), names(afterAnswer)]).toEqual([[['find']], [['update']]]);
});

test('what the driver says to the server itself is none of the commands, and a commit is not counted', () => {
  const transaction = { autocommit: false };
  const commands = [
    tapped('hello', 0, 5, { $db: 'admin' }),
    tapped('find', 10, 15),
    tapped('update', 20, 25, transaction),
    tapped('commitTransaction', 30, 35, { $db: 'admin', ...transaction }),
    tapped('insert', 40, 65),
  ];
  const recording = recordingOf(commands, 45, new Map());
  expect(names(recording.beforeAnswer)).toEqual([['find'], ['update'], ['commitTransaction']]);
  expect(countCommands(recording)).toEqual({ beforeAnswer: 2, inTransaction: 1, afterAnswer: 1 });
});

test('the documents that a command looks for, and those that these name, must be there again', () => {
  const session = { _id: 'a-session-and-its-id', userId: 'a-user-and-its-own-id', state: 'open' };
  const user = { _id: session.userId, email: 'somebody@example.com' };
  const stranger = { _id: 'another-user-and-its-id', state: 'open' };
  const snapshot = new Map([
    ['sessions', [session]],
    ['users', [user, stranger]],
  ]);
  const commands = [tapped('aggregate', 0, 25, { pipeline: [{ $match: { _id: session._id, state: 'open' } }] })];
  const recording = recordingOf(commands, 30, snapshot);
  expect(recording.found).toEqual([
    { collection: 'sessions', document: session },
    { collection: 'users', document: user },
  ]);
  expect([...identitiesOfRecording(recording).values()]).toEqual([session._id, user._id]);
});

test('what is written has an id of its own each time, and a filter of an update finds it', () => {
  const commands = [
    tapped('insert', 0, 25, { documents: [{ _id: DESTINATION, note: 'not an identity at all' }] }),
    tapped('update', 26, 51, { updates: [{ q: { _id: DESTINATION, version: 1 }, u: { $set: { version: 2 } } }] }),
  ];
  expect([...identitiesOfRecording(recordingOf(commands, 60, new Map())).values()]).toEqual([DESTINATION]);
});
