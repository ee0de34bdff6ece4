import { AppError } from '../../src/errors.ts';
import { hashToken } from '../../src/opaque-token.ts';
import { MAX_RETIRED_TOKENS, RETRY_MS } from '../../src/session/refresh-rules.ts';
import type { FakeClock } from '../support/server.ts';
import { REFRESH_TOKENS, REFRESH_TTL_SECONDS, SESSION_MAX_SECONDS, type Process } from './process.ts';

const CLIENTS = [
  { ip: '203.0.113.7', userAgent: 'phone' },
  { ip: '203.0.113.7', userAgent: '$set' },
  { ip: '198.51.100.1', userAgent: null },
] as const;

export type Action =
  /** `back` counts the session's tokens from the one that was given last. */
  | { readonly kind: 'use'; readonly session: number; readonly back: number; readonly by: number; readonly at: number }
  | { readonly kind: 'end' | 'hold' | 'endOthers'; readonly session: number; readonly at: number }
  | { readonly kind: 'endAll' | 'suspend'; readonly at: number };

/** Time passes, then all actions happen at once. */
export type Step = { readonly pause: number } & (
  { readonly kind: 'open' | 'reinstate' } | { readonly kind: 'act'; readonly actions: readonly Action[] }
);

/** A token that a client was given, and what became of its uses. */
interface Given {
  readonly token: string;
  /** What it gave way to. */
  successor?: string;
  readonly uses: { readonly by: number; readonly at: number; readonly ok: boolean }[];
}

/** What those outside know of a session. */
interface Known {
  readonly id: string;
  readonly given: Given[];
  endedByOwner: boolean;
  livesUntil: number;
  readonly endsAt: number;
  /** More tokens were used than a session remembers: an early retry may count as reuse. */
  crowded: boolean;
}

/**
 * One user's sessions in several processes: does what it is told, and compares what callers saw, and what is stored, with
 * what the rules promise to them (docs/sessions.md).
 */
export class History {
  readonly violations: string[] = [];
  /** The outcomes that came up. */
  readonly seen = new Set<string>();
  readonly #processes: readonly Process[];
  readonly #clock: FakeClock;
  readonly #userId: string;
  readonly #sessions: Known[] = [];
  #suspended = false;

  private constructor(processes: readonly Process[], clock: FakeClock, userId: string) {
    this.#processes = processes;
    this.#clock = clock;
    this.#userId = userId;
  }

  static async begin(processes: readonly Process[], clock: FakeClock): Promise<History> {
    const { id } = await processes[0]!.newUser();
    const history = new History(processes, clock, id);
    await history.#open();
    return history;
  }

  async play(step: Step): Promise<void> {
    this.#clock.advance(step.pause);
    if ('actions' in step) await this.#act(step.actions);
    else if (step.kind === 'open') await this.#open();
    else await this.#reinstate();
    for (const session of this.#sessions) await this.#compare(session);
  }

  async #open(): Promise<void> {
    if (this.#suspended) return;
    const { refreshToken } = await this.#processes[0]!.open(this.#userId, CLIENTS[0]);
    this.#sessions.push({
      id: REFRESH_TOKENS.read(refreshToken)!.sessionId,
      given: [{ token: refreshToken, uses: [] }],
      endedByOwner: false,
      livesUntil: this.#clock.now() + REFRESH_TTL_SECONDS * 1000,
      endsAt: this.#clock.now() + SESSION_MAX_SECONDS * 1000,
      crowded: false,
    });
  }

  async #reinstate(): Promise<void> {
    const { users, suspension } = this.#processes[0]!;
    await suspension.reinstate((await users.findById(this.#userId))!);
    this.#suspended = false;
  }

  async #act(actions: readonly Action[]): Promise<void> {
    const over = new Set(this.#sessions.filter((session) => this.#isOver(session)));
    await Promise.all(actions.map((action) => this.#do(action, over)));
  }

  async #do(action: Action, over: ReadonlySet<Known>): Promise<void> {
    const { sessions, units, suspension, users } = this.#processes[action.at % this.#processes.length]!;
    const session = 'session' in action ? this.#sessions[action.session % this.#sessions.length]! : null;
    if (action.kind === 'use') return this.#use(session!, action, over.has(session!));
    this.seen.add(action.kind);
    if (action.kind === 'hold') {
      const held = await units.run((unit) => sessions.hold(session!, unit)).then(() => true, isRefusal);
      if (held && over.has(session!)) this.violations.push('a session that is over was held');
      return;
    }
    if (action.kind === 'end') await sessions.end(this.#userId, session!.id);
    if (action.kind === 'endOthers') await units.run((unit) => sessions.endOthers(this.#userId, session!.id, unit));
    if (action.kind === 'endAll') await units.run((unit) => sessions.endAll(this.#userId, unit));
    if (action.kind === 'suspend') {
      await suspension.suspend((await users.findById(this.#userId))!);
      this.#suspended = true;
    }
    const ends = (one: Known) =>
      action.kind === 'end' ? one === session : action.kind !== 'endOthers' || one !== session;
    for (const one of this.#sessions.filter(ends)) one.endedByOwner = true;
  }

  async #use(session: Known, { back, by, at }: Action & { kind: 'use' }, over: boolean): Promise<void> {
    const given = session.given.at(-1 - (back % session.given.length))!;
    const now = this.#clock.now();
    const { refreshing } = this.#processes[at % this.#processes.length]!;
    const next = await refreshing.refresh(given.token, CLIENTS[by]!).then(
      ({ tokens }) => tokens.refreshToken,
      (error: unknown) => {
        isRefusal(error);
        this.seen.add(`refused: ${(error as AppError).reason}`);
        return null;
      },
    );
    const before = given.uses.find(({ ok }) => ok);
    given.uses.push({ by, at: now, ok: next !== null });
    if (next === null) return;
    this.seen.add(before ? 'retried' : 'rotated');
    if (over) this.violations.push('a token of a session that is over gave another');
    if (before && (before.by !== by || now >= before.at + RETRY_MS)) this.violations.push('a retry of a stranger');
    given.successor ??= next;
    if (given.successor !== next) this.violations.push('a token gave two');
    if (!session.given.some(({ token }) => token === next)) session.given.push({ token: next, uses: [] });
    session.livesUntil = Math.min(now + REFRESH_TTL_SECONDS * 1000, session.endsAt);
  }

  /** Whether a session must be over, by what its users have done and seen. */
  #isOver({ endedByOwner, livesUntil, given }: Known): boolean {
    return endedByOwner || this.#clock.now() >= livesUntil || given.some(cameBack);
  }

  async #compare(session: Known): Promise<void> {
    const unspent = session.given.filter(({ uses }) => !uses.some(({ ok }) => ok));
    session.crowded ||= session.given.length > MAX_RETIRED_TOKENS;
    const { connection, store } = this.#processes.at(-1)!;
    const stored = await connection
      .db!.collection<{ _id: string; expiresAt: Date; tokens: string[] }>('sessions')
      .findOne({ _id: session.id });
    const tokens: string[] = stored && stored.expiresAt.getTime() > this.#clock.now() ? stored.tokens : [];
    const lives = (await store.findLive(session.id, this.#clock.now())) !== null;
    if (this.#isOver(session)) {
      if (lives || tokens.length > 0) this.violations.push('a session that should be over lives');
      session.endedByOwner = true;
    } else if (!session.crowded) {
      const expected = unspent.map(({ token }) => hashToken(token)).sort();
      if (!lives || String([...tokens].sort()) !== String(expected))
        this.violations.push(`a session that should live has the tokens ${String(tokens)}, not ${String(expected)}`);
    }
    if (tokens.length > 1) this.violations.push('more tokens than a session may have');
  }
}

/** Used by two clients, or again later: one of them may be a thief. */
function cameBack({ uses }: Given): boolean {
  const first = uses.find(({ ok }) => ok);
  return first !== undefined && uses.some(({ by, at }) => by !== first.by || at >= first.at + RETRY_MS);
}

/** False; nothing but this refusal may come up. */
function isRefusal(error: unknown): false {
  if (error instanceof AppError && error.code === 'UNAUTHENTICATED') return false;
  throw error;
}
