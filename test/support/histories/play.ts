import { setTimeout as sleep } from 'node:timers/promises';
import { freshEmail, wrongCode } from '../codes.ts';
import type { Cluster } from './cluster.ts';
import { isDone, type Call, type Observer, type Request } from './observer.ts';
import { actionAt, askAt, type Codes, type Place, type Proof } from './places.ts';
import { CALLERS, type Fault, type History, type Move, type Round } from './plan.ts';

/** A history as it went. */
export interface Played {
  readonly places: readonly Place[];
  /** The first, simultaneous requests for codes. */
  readonly opening: Opening;
}

interface Opening {
  readonly beganAt: number;
  readonly endedAt: number;
  readonly isStruck: boolean;
  /** How many messages had arrived then at each place. */
  readonly messages: ReadonlyMap<Place, number>;
}

/** A message that leaves after its answer has left by then. */
const BACKGROUND_MS = 500;

/** How many histories began so far: each has addresses of its own. */
let begun = 0;

/** Plays the histories of a round at once, with its fault. The accounts are there before. */
export async function playRound(
  { histories, fault }: Round,
  placesOf: readonly (readonly Place[])[],
  cluster: Cluster,
  observer: Observer,
  codes: Codes,
): Promise<Played[]> {
  const players = histories.map((history, index) => new Player(history, placesOf[index]!, observer, codes));
  const beganAt = performance.now();
  await during(cluster, fault, 'opening', () => Promise.all(players.map((player) => player.open())));
  const endedAt = performance.now();
  // Codes for accounts leave after their answer.
  await sleep(BACKGROUND_MS);
  const arrived = placesOf.flat().map(async (place) => [place, await codes.messagesAt(place)] as const);
  const opening = {
    beganAt,
    endedAt,
    isStruck: fault?.phase === 'opening',
    messages: new Map(await Promise.all(arrived)),
  };
  await during(cluster, fault, 'moves', () => Promise.all(players.map((player) => player.move())));
  return players.map(({ places }) => ({ places, opening }));
}

async function during(cluster: Cluster, fault: Fault | null, phase: Fault['phase'], play: () => Promise<unknown>) {
  const strikes = fault?.phase === phase ? strike(cluster, fault) : undefined;
  await Promise.all([play(), strikes]);
  await cluster.ready();
}

async function strike(cluster: Cluster, { victims, afterMs }: Fault): Promise<void> {
  await sleep(afterMs);
  await Promise.all(victims.map((victim) => cluster.kill(victim)));
}

class Player {
  readonly places: readonly Place[];
  readonly #history: History;
  readonly #observer: Observer;
  readonly #codes: Codes;
  readonly #network: string;

  constructor(history: History, places: readonly Place[], observer: Observer, codes: Codes) {
    this.#history = history;
    this.places = places;
    this.#observer = observer;
    this.#codes = codes;
    begun += 1;
    this.#network = `10.${begun >> 8}.${begun & 255}`;
  }

  /** At every place three requests of the owner and one of a stranger at once. */
  async open(): Promise<void> {
    const asking = [0, 0, 0, CALLERS - 1];
    await Promise.all(
      this.places.flatMap((place) =>
        asking.map((caller, index) => this.#observer.ask(askAt(place, this.#ip(caller)), index)),
      ),
    );
  }

  async move(): Promise<void> {
    await Promise.all(
      this.#history.map(async (moves) => {
        for (const move of moves) {
          await sleep(move.pauseMs);
          await this.#play(move);
        }
      }),
    );
  }

  async #play(move: Move): Promise<void> {
    const requests = Array.from({ length: move.copies }, (_, copy) =>
      this.#requestOf(move, this.#ip(move.isScattered ? (move.caller + copy) % CALLERS : move.caller)),
    );
    await Promise.all(
      requests.map(async (request, copy) => {
        if (request) await this.#observer.ask(request, move.server + copy);
      }),
    );
  }

  /** Null where a session is needed and nobody has one. */
  #requestOf(move: Move, ip: string): Request | null {
    const place = this.places[move.place]!;
    switch (move.action) {
      case 'send':
        return askAt(place, ip);
      case 'verify':
        return this.#verify(place, move, ip);
      case 'act': {
        const registersAs = move.isTaken ? this.places[1]!.email : freshEmail();
        return actionAt(place, ip, this.#proof(place, move), registersAs);
      }
      case 'refresh':
      case 'revokeAll':
        return this.#ofSession(place, move.action);
    }
  }

  #verify(place: Place, move: Move, ip: string): Request {
    const { name, to, purpose } = place;
    const code = this.#code(place, move);
    const challengeId = move.byToken ? undefined : this.#challengeIds(place).at(-1);
    const input = { to, purpose, code, challengeId };
    return { operation: 'verify', place: name, destination: to, ip, input, code, challengeId };
  }

  #proof(place: Place, move: Move): Proof {
    const verified = move.byToken ? this.#last(place, ({ outcome }) => outcome === 'RIGHT') : undefined;
    if (!verified) return { code: this.#code(place, move) };
    return { code: verified.code!, token: String(verified.answer!['verificationToken']) };
  }

  #code(place: Place, { code }: Move): string {
    const ids = this.#challengeIds(place);
    const id = (code === 'earlier' ? ids.at(-2) : undefined) ?? ids.at(-1) ?? 'none was told';
    const right = this.#codes.of(place, id);
    return code === 'wrong' ? wrongCode(right) : right;
  }

  #challengeIds(place: Place): string[] {
    const sent = this.#observer
      .at(place.name)
      .filter(({ operation, outcome }) => operation === 'send' && outcome === 'OK');
    return [...new Set(sent.map(({ answer }) => String(answer!['challengeId'])))];
  }

  #ofSession(place: Place, operation: 'refresh' | 'revokeAll'): Request | null {
    const isSession = (call: Call) =>
      call.answer?.['refreshToken'] !== undefined && (isDone(call) || call.operation === 'refresh');
    const session = this.#last(place, isSession);
    if (!session) return null;
    const { ip, userAgent, destination, code } = session;
    const token = String(session.answer!['refreshToken']);
    const about = { place: place.name, destination, ip, code, ...(userAgent !== undefined && { userAgent }) };
    if (operation === 'refresh') return { ...about, operation, input: token, token };
    return { ...about, operation, bearer: String(session.answer!['token']) };
  }

  #last(place: Place, isIt: (call: Call) => boolean): Call | undefined {
    return this.#observer.at(place.name).findLast(isIt);
  }

  #ip(caller: number): string {
    return `${this.#network}.${caller + 1}`;
  }
}
