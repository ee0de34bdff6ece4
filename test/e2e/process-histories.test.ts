import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { startCluster, type Cluster } from '../support/histories/cluster.ts';
import { closeAll } from '../support/histories/closing.ts';
import { Observer } from '../support/histories/observer.ts';
import { codesOf, openPlaces, type Codes } from '../support/histories/places.ts';
import { roundsOf, type Round } from '../support/histories/plan.ts';
import { playRound } from '../support/histories/play.ts';
import {
  brokenByAnswers,
  brokenByAttempts,
  brokenByBudget,
  brokenByLoss,
  brokenByOneAction,
  brokenBySends,
  brokenBySessions,
} from '../support/histories/promises.ts';

const SEED = Number(process.env['HISTORIES_SEED'] ?? randomInt(2 ** 31));
const ROUNDS = Number(process.env['HISTORIES_ROUNDS'] ?? 3);
const AT_ONCE = 3;

describe.each(['local', 'twilio'] as const)('with codes of the provider %s', (provider) => {
  let cluster: Cluster;
  let codes: Codes;
  beforeAll(async () => {
    cluster = await startCluster(provider);
    codes = codesOf(cluster);
  });
  afterAll(() => cluster?.close());

  test('what several callers of two servers see keeps every promise, whatever is killed meanwhile', async () => {
    for (const [index, round] of roundsOf(SEED, ROUNDS, AT_ONCE).entries()) {
      const broken = await brokenIn(round);
      if (broken.length > 0)
        throw new Error(
          `HISTORIES_SEED=${SEED}, round ${index}, ${JSON.stringify(round.fault)}:\n${broken.join('\n')}`,
        );
    }
    expect(cluster.errorLog()).toEqual([]);
  }, 600_000);

  async function brokenIn(round: Round): Promise<string[]> {
    const observer = new Observer(cluster.urls);
    const placesOf = await Promise.all(round.histories.map(() => openPlaces(observer, codes)));
    const played = await playRound(round, placesOf, cluster, observer, codes);
    const broken = [...brokenByAnswers(observer), ...brokenByBudget(observer)];
    for (const one of played)
      for (const closing of await closeAll(one.places, cluster.mongoUri, observer, codes)) {
        const { place } = closing;
        const calls = observer.at(place.name);
        const messages = await codes.messagesAt(place);
        broken.push(
          ...brokenByOneAction(calls, closing),
          ...brokenByAttempts(calls),
          ...brokenByLoss(calls, closing, messages),
        );
        broken.push(...brokenBySends(calls, place, one, messages, 2000), ...brokenBySessions(calls));
      }
    return broken;
  }
});
