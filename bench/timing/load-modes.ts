import { Comparison, heading } from './comparison.ts';
import { floodOfChecks, floodOfSends, QUICK, strangers, Weather, type Latency } from './load.ts';
import { atOnce, prepare, shuffled, subjects, type Stage, type Subject } from './subjects.ts';
import { CHECKS, SENDS, type Try } from './tries.ts';

/** Twilio on a bad day, and as it is when it is a bit slow. */
const SLOW: Latency = [4_500, 5_500];
const SLUGGISH: Latency = [300, 500];
/** Calls of the flood: 160 from 8 addresses, 20 more than the server has places for. */
const FLOOD = 160;
/** As many calls of a kind as the server remembers the times of, and more. */
const WARM_UP = 80;
/** Tries with accounts, and as many without, of each kind in a round. */
const OF_EACH = 25;
/** The first calls of a full flood end after 4.5 s; until then no place becomes free. */
const FULL_MS = 3_500;
/** Calls at once that wait for the provider: more than are under way at once, fewer than are refused. */
const WAITING = 80;
const UNDER_WAY = 40;

/** A state of the server in which known and unknown are compared. */
interface Phase {
  readonly name: string;
  readonly tries: readonly Try[];
  readonly rounds: number;
  /** No round begins later: a mode ends within three minutes. */
  readonly beginWithinMs: number;
  /** Leads to the weather of the phase. Decoys lag behind a change of Twilio's time, which is not what is compared here. */
  readonly begin?: (stage: Stage, weather: Weather) => Promise<void>;
  /** Brings the server there, tries, and leaves it quiet. */
  readonly round: (stage: Stage, weather: Weather, jobs: readonly Job[]) => Promise<void>;
}

interface Job {
  readonly subject: Subject;
  readonly one: Try;
  readonly comparison: Comparison;
}

const MODES = {
  'under-load': [
    { name: 'every place taken', tries: [...SENDS, ...CHECKS], rounds: 4, beginWithinMs: 80_000, round: whileFull },
    {
      name: 'calls wait for a place',
      tries: CHECKS,
      rounds: 4,
      beginWithinMs: 40_000,
      begin: sluggish,
      round: whileWaiting,
    },
  ],
  'after-load': [
    { name: 'after the flood', tries: [...CHECKS, ...SENDS], rounds: 2, beginWithinMs: 90_000, round: afterwards },
  ],
} satisfies Record<string, readonly Phase[]>;

export type Mode = keyof typeof MODES;

/**
 * Compares known and unknown under load or after it.
 * @param only tries whose name contains this
 * @returns how many kinds of tries tell accounts
 */
export async function runMode(mode: Mode, stage: Stage, only: string): Promise<number> {
  const weather = new Weather(stage.lab.emulator!);
  let failures = 0;
  try {
    for (const phase of MODES[mode]) failures += await runPhase(phase, stage, weather, only);
  } finally {
    weather.stop();
  }
  console.log(`\n${mode}: ${failures === 0 ? 'pass' : 'FAIL'}`);
  return failures;
}

async function runPhase(phase: Phase, stage: Stage, weather: Weather, only: string): Promise<number> {
  const compared = phase.tries
    .filter(({ name }) => name.includes(only))
    .map((one) => ({ one, comparison: new Comparison(one.name) }));
  const latest = performance.now() + phase.beginWithinMs;
  await phase.begin?.(stage, weather);
  const rounds: Job[][] = [];
  for (let round = 0; round < phase.rounds; round += 1) rounds.push(await jobsOf(compared, stage));
  for (const jobs of rounds) if (performance.now() < latest) await phase.round(stage, weather, jobs);
  console.log(`\n${phase.name}\n${heading()}`);
  return compared.filter(({ comparison }) => comparison.conclude()).length;
}

/** In random order, ready to be tried. */
async function jobsOf(compared: readonly Omit<Job, 'subject'>[], stage: Stage): Promise<Job[]> {
  const jobs: Job[] = [];
  for (const { one, comparison } of compared) {
    const all = await subjects(stage, OF_EACH);
    if (one.before) await prepare(one.before, all, stage);
    jobs.push(...all.map((subject) => ({ subject, one, comparison })));
  }
  return shuffled(jobs);
}

async function attempt({ client }: Stage, { one, comparison, subject: { kind, person } }: Job): Promise<void> {
  if (one.justBefore) await client.send(one.justBefore(person));
  comparison.add(kind, await client.send(one.call(person)));
}

/** No call to Twilio can be made, nor wait. */
async function whileFull(stage: Stage, weather: Weather, jobs: readonly Job[]): Promise<void> {
  weather.set(SLOW);
  const latest = performance.now() + FULL_MS;
  const { full, ended } = floodOfSends(stage, strangers(FLOOD));
  await full();
  for (const job of jobs) if (performance.now() < latest) await attempt(stage, job);
  weather.set(QUICK);
  await ended;
}

async function sluggish(stage: Stage, weather: Weather): Promise<void> {
  weather.set(SLUGGISH);
  const people = strangers(WARM_UP);
  await floodOfSends(stage, people).ended;
  await floodOfChecks(stage, people).ended;
}

/** The tries themselves are the load. */
async function whileWaiting(stage: Stage, _weather: Weather, jobs: readonly Job[]): Promise<void> {
  await atOnce(WAITING, jobs, (job) => attempt(stage, job));
}

/** A flood has just ended, of which most calls waited for a place; Twilio is as slow as before. */
async function afterwards(stage: Stage, weather: Weather, jobs: readonly Job[]): Promise<void> {
  weather.set(SLOW);
  const people = strangers(FLOOD);
  await floodOfSends(stage, people).ended;
  await floodOfChecks(stage, people).ended;
  const [sends, checks] = [true, false].map((isSend) => jobs.filter(({ one }) => SENDS.includes(one) === isSend));
  await atOnce(UNDER_WAY, checks!, (job) => attempt(stage, job));
  // Last, since the messages are handed over after the answer and would take the others' places.
  await atOnce(1, sends!, (job) => attempt(stage, job));
}
