import { expect, test } from '@jest/globals';
import { withReport } from '../../bench/report/page.ts';
import { reportOf } from '../../bench/report/report.ts';
import { results, row } from '../support/bench-results.ts';

const cells = (report: string, start: string) =>
  report
    .split('\n')
    .find((line) => line.startsWith(start))
    ?.split('|')
    .map((cell) => cell.trim())
    .slice(1, -1);

test('a row has the middle of its rounds, the slowest rate and the highest peak', () => {
  const rounds = [
    { perSecond: 300, p50: 3, p99: 30, serverCpuMs: 0.5, mongodCpuMs: 0.25, peakMb: 90 },
    { perSecond: 100, p50: 9, p99: 90, serverCpuMs: 0.9, mongodCpuMs: 0.75, peakMb: 120 },
    { perSecond: 200, p50: 5, p99: 50, serverCpuMs: 0.7, mongodCpuMs: 0.5, peakMb: 100 },
  ];
  const report = reportOf(results({ rows: [row('sendOtp', 'otpql', ...rounds)] }));
  expect(cells(report, '| `sendOtp` | the otpql')).toEqual([
    '`sendOtp`',
    'the otpql',
    '200',
    '100',
    '5.0',
    '50.0',
    '0.70',
    '0.50',
    '120',
  ]);
});

test('the commands of an operation stand beside its shares of the floors', () => {
  const rows = [
    row('nothing', 'apollo', { perSecond: 4000 }),
    row('login', 'otpql', { perSecond: 50, serverCpuMs: 30 }),
    row('login', 'floor', { perSecond: 1000, serverCpuMs: 1 }),
  ];
  const commands = { login: { beforeAnswer: 5, inTransaction: 2, afterAnswer: 1 } };
  const report = reportOf(results({ rows, commands }));
  expect(cells(report, '| `login` | 5')).toEqual(['`login`', '5', '2', '1', 'x 0.05', 'x 30.00', 'x 0.01']);
});

test('what a system does not tell is n/a', () => {
  const report = reportOf(results({ rows: [row('me', 'otpql', { serverCpuMs: NaN, mongodCpuMs: NaN, peakMb: NaN })] }));
  expect(cells(report, '| `me` | the otpql')?.slice(-3)).toEqual(['n/a', 'n/a', 'n/a']);
});

test('each aim says by how much it was met or missed', () => {
  const rows = [row('sendOtp', 'otpql', { perSecond: 450 }), row('sendOtp', 'floor', { perSecond: 1000 })];
  const report = reportOf(results({ rows }));
  expect(cells(report, '| sendOtp: req/s of the floor')?.slice(1)).toEqual(['≥ 0.6', '0.45', 'missed by 25 %']);
  expect(cells(report, '| sendOtp: p99')?.slice(1)).toEqual(['≤ 6', '2.00', 'met by 67 %']);
  expect(cells(report, '| memory')?.slice(1)).toEqual(['≤ 5', 'n/a', 'not measured: `--soak 10`']);
});

test('a report takes the place of the one before it, and of nothing else', () => {
  const page = (report: string) =>
    `# Speed\n\n<!-- npm run bench -- --write: begin -->\n\n${report}\n\n<!-- npm run bench -- --write: end -->\n\nMore.\n`;
  expect(withReport(page('the old | table'), 'the new $1 table')).toBe(page('the new $1 table'));
  expect(() => withReport('# Speed\n', 'a table')).toThrow('has lost its marks');
});
