import { expect, test } from '@jest/globals';
import { aimsOf, verdictOf } from '../../bench/report/aims.ts';
import type { Results } from '../../bench/report/results.ts';
import { results, row } from '../support/bench-results.ts';

/** The one aim whose text has this in it. */
function aim(found: Results, text: string) {
  const [only, ...others] = aimsOf(found).filter(({ what }) => what.includes(text));
  expect(others).toEqual([]);
  return { ...only!, verdict: verdictOf(only!) };
}

test('what was not measured is neither met nor missed, and says what it takes', () => {
  const aims = aimsOf(results({}));
  expect(aims).toHaveLength(11);
  expect(new Set(aims.map(verdictOf))).toEqual(new Set(['not measured']));
  expect(aims.map(({ needs }) => needs)).toContain('--compare better-auth');
  expect(aims.map(({ needs }) => needs)).toContain('--against DIR');
  expect(aims.map(({ needs }) => needs)).toContain('--soak 10');
});

test('a share of the floor is met from its bound on', () => {
  const share = (perSecond: number) =>
    aim(
      results({ rows: [row('sendOtp', 'otpql', { perSecond }), row('sendOtp', 'floor', { perSecond: 1000 })] }),
      'sendOtp: req/s of the floor',
    );
  expect(share(600)).toMatchObject({ measured: 0.6, bound: 0.6, verdict: 'met' });
  expect(share(599)).toMatchObject({ measured: 0.599, verdict: 'missed' });
});

test('a ratio is taken within each round, since a machine that is slow for a while is slow for both', () => {
  const otpql = row('verifyOtp', 'otpql', { perSecond: 200 }, { perSecond: 20 }, { perSecond: 400 });
  const other = row('verifyOtp', 'better-auth-limits', { perSecond: 100 }, { perSecond: 10 }, { perSecond: 100 });
  const found = results({ rows: [otpql, other] });
  expect(aim(found, 'verifyOtp: req/s of better-auth, limits in its database')).toMatchObject({
    measured: 2,
    verdict: 'met',
  });
  expect(aim(found, 'verifyOtp: req/s of better-auth, limits off')).toMatchObject({ verdict: 'not measured' });
});

test('the CPU of an earlier build is to be halved', () => {
  const before = row('me', 'against', { serverCpuMs: 2 });
  const now = (serverCpuMs: number) => results({ rows: [row('me', 'otpql', { serverCpuMs }), before] });
  expect(aim(now(1), 'me: server CPU')).toMatchObject({ measured: 0.5, verdict: 'met' });
  expect(aim(now(1.2), 'me: server CPU')).toMatchObject({ measured: 0.6, verdict: 'missed' });
});

test('p99 stays below six times p50, for each operation of ours and for nobody else', () => {
  const rows = [row('login', 'otpql', { p50: 10, p99: 61 }), row('login', 'floor', { p50: 1, p99: 100 })];
  expect(aim(results({ rows }), 'p99 over p50')).toMatchObject({
    what: 'login: p99 over p50',
    measured: 6.1,
    verdict: 'missed',
  });
});

test('registrations may not triple how long others wait', () => {
  const busy = { idle: [2, 9, 3], busy: [8, 1, 9], registrationsPerSecond: [50, 50, 50] };
  expect(aim(results({ busy }), 'registrations')).toMatchObject({ measured: 8 / 3, verdict: 'met' });
});

test('memory is looked at over the second half of the soak alone', () => {
  const settled = [50, 100, 150, 200, 200, 201, 200, 200];
  const leaking = [100, 100, 100, 100, 100, 110, 120, 130];
  const soak = (memoryMb: number[]) => results({ soak: { minutes: 1, calls: 10, memoryMb } });
  expect(aim(soak(settled), 'memory')).toMatchObject({ verdict: 'met' });
  expect(aim(soak(leaking), 'memory')).toMatchObject({ measured: 30, verdict: 'missed' });
});
