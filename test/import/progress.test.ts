import { expect, test } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { showProgress } from '../../src/import/progress.ts';

const tally = (lines: number) => ({ lines, imported: lines - 1, alreadyThere: 0, refused: 1, withoutPhone: 0 });

test('on a terminal progress is a bar that ends full', () => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true });
  const progress = showProgress(1_000, terminal);
  progress.update(500, tally(50));
  progress.update(1_000, tally(100));
  progress.end();
  expect((terminal.read() as Buffer).toString()).toContain('100 % | 100 lines | 99 imported | 1 refused');
});

test('elsewhere there is no bar, and no line while little time has passed', () => {
  const log = new PassThrough();
  const progress = showProgress(1_000, log);
  progress.update(500, tally(50));
  progress.end();
  expect(log.read()).toBeNull();
});
