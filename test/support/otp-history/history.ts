import { randomUUID } from 'node:crypto';
import type { Connection } from 'mongoose';
import { DELIVERY_LIFE_MS, type CodeOwner } from '../../../src/otp/challenge.ts';
import type { RequesterIds } from '../../../src/otp/requester.ts';
import type { StoredDestination } from '../../../src/otp/ports.ts';
import { START } from '../arbitraries.ts';
import { Actor, type Given, type Setting, type Told } from './actor.ts';
import { atSlot, keptAt, keyOf, requesterAt, type Kept } from './house.ts';
import type { RemoteCheck } from '../../../src/otp/provider.ts';
import type { SentCode } from './provider-edge.ts';
import { REQUESTERS, SLOTS, type Step } from './steps.ts';
import { WaitingClock } from './waiting-clock.ts';

/** One step as it went. */
export interface Event extends Told, Given {
  readonly step: Step;
  readonly slotName: string;
  /** As the store names who asked; null of a step without one. */
  readonly requester: RequesterIds | null;
  /** The codes' owner as it was. */
  readonly owner: CodeOwner;
  readonly beganAt: number;
  readonly endedAt: number;
  readonly before: Kept;
  readonly after: Kept;
  /** Messages that went out in this step. */
  readonly sent: readonly SentCode[];
  /** What the provider compared in this step. */
  readonly checked: readonly Pick<RemoteCheck, 'ref' | 'code'>[];
}

/** Plays a history of one destination on the heart as it runs, over a real database. */
export async function playHistory(connection: Connection, setting: Setting, steps: readonly Step[]): Promise<Event[]> {
  const history = new History(connection, setting);
  const events: Event[] = [];
  for (const step of steps) events.push(await history.play(step));
  return events;
}

class History {
  readonly #connection: Connection;
  readonly #clock = new WaitingClock(START);
  readonly #actor: Actor;
  readonly #destination = `+1${randomUUID()}`;
  #kept: StoredDestination | null = null;

  constructor(connection: Connection, setting: Setting) {
    this.#connection = connection;
    this.#actor = new Actor(connection, setting, this.#clock);
  }

  async play(step: Step): Promise<Event> {
    this.#clock.advance(step.pause);
    const slot = { destination: this.#destination, ...SLOTS[step.slot]! };
    const key = keyOf(slot);
    const { edge } = this.#actor;
    const beganAt = this.#clock.instant;
    const before = atSlot(this.#kept, key.name);
    const [sentBefore, checkedBefore] = [edge.sent.length, edge.checked.length];
    const owner = this.#actor.ownerOf(slot);
    const given = this.#actor.given(step, slot);
    const told = await this.#untilCut(step, () => this.#actor.take(step, slot, given, before.slot.challenge));
    this.#kept = await keptAt(this.#connection, key);
    return {
      step,
      slotName: key.name,
      requester: 'by' in step ? requesterAt(key, REQUESTERS[step.by]) : null,
      owner,
      beganAt,
      endedAt: this.#clock.instant,
      before,
      after: atSlot(this.#kept, key.name),
      sent: edge.sent.slice(sentBefore),
      checked: edge.checked.slice(checkedBefore),
      ...given,
      ...told,
    };
  }

  /** Where the provider's answer never comes, the process is over. */
  async #untilCut(step: Step, take: () => Promise<Told>): Promise<Told> {
    const { edge } = this.#actor;
    edge.weather = 'weather' in step ? step.weather : 'fine';
    const cut = edge.cut();
    let told: Told = { outcome: 'CUT' };
    const untilEnded = async () => {
      told = await take();
      await this.#actor.drain();
      return false;
    };
    const wasCut = await Promise.race([untilEnded(), cut.then(() => true)]);
    edge.weather = 'fine';
    if (wasCut) this.#actor.restart();
    // Others wait for a delivery by the machine's own clock, and a history has no time for that.
    if (wasCut && step.kind === 'send') this.#clock.advance(DELIVERY_LIFE_MS);
    return told;
  }
}
