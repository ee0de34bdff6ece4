import { composeUserCommand } from '../compose/commands.ts';
import { ConfigError, parseUserConfig } from '../config/config.ts';
import { AppError } from '../errors.ts';
import { parseEmail } from '../otp/destination.ts';
import type { UserStore } from '../users/ports.ts';
import type { User } from '../users/user.ts';

const USAGE = `Usage: user suspend EMAIL|ID     refuse the account everything, at once, and end its sessions
       user reinstate EMAIL|ID   let it sign in again
       user show EMAIL|ID        what is known of it, without secrets`;
const ACTIONS = ['suspend', 'reinstate', 'show'] as const;
type Action = (typeof ACTIONS)[number];
const USER_ID = /^[0-9a-f]{24}$/i;
const MAX_COUNTED = 1_000;

/** What the command has of its process; tests bring their own. */
export interface UserProcess {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** Something that the operator can put right. */
class Mistake extends Error {}

/**
 * `user`: what an operator does to one account.
 * @returns its exit code: 0 when it is as was asked for, also if it was so before; 1 when it could not be done
 */
export async function userCommand(args: readonly string[], process: UserProcess): Promise<number> {
  try {
    if (args.length === 1 && ['help', '--help', '-h'].includes(args[0]!)) return say(process, [USAGE]);
    const { action, named } = readArguments(args);
    return say(process, await perform(action, named, parseUserConfig(process.environment)));
  } catch (error) {
    process.stderr.write(`user: ${explain(error)}\n`);
    return 1;
  }
}

function readArguments([action, named, ...others]: readonly string[]): { action: Action; named: string } {
  const known = ACTIONS.find((name) => name === action);
  if (!known) throw new Mistake(`say what to do\n\n${USAGE}`);
  if (!named?.trim() || others.length > 0) throw new Mistake(`name one account by e-mail address or id\n\n${USAGE}`);
  return { action: known, named: named.trim() };
}

async function perform(action: Action, named: string, config: ReturnType<typeof parseUserConfig>): Promise<string[]> {
  const findBy = lookUpBy(named);
  const { users, sessions, suspension, clock, close } = await composeUserCommand(config);
  try {
    const user = await findBy(users);
    if (!user) throw new Mistake(`there is no account with this ${named.includes('@') ? 'e-mail address' : 'id'}`);
    if (action === 'suspend') return suspended(user, await suspension.suspend(user));
    if (action === 'reinstate') return reinstated(user, await suspension.reinstate(user));
    return describe(user, (await sessions.findAll(user.id, clock(), MAX_COUNTED)).length);
  } finally {
    await close();
  }
}

function lookUpBy(named: string): (users: UserStore) => Promise<User | null> {
  if (USER_ID.test(named)) return (users) => users.findById(named);
  if (!named.includes('@')) throw new Mistake(`this is neither an e-mail address nor an id\n\n${USAGE}`);
  const email = parseEmail(named, 'the e-mail address');
  return (users) => users.findByEmail(email);
}

function suspended(user: User, { changed, sessionsEnded }: { changed: boolean; sessionsEnded: number }): string[] {
  const since = user.suspendedAt ? ` since ${user.suspendedAt.toISOString()}` : '';
  const done = changed ? `Suspended the account ${user.id}` : `The account ${user.id} was suspended already${since}`;
  return [`${done}; ${sessionsEnded} ${sessionsEnded === 1 ? 'session' : 'sessions'} ended.`];
}

function reinstated(user: User, changed: boolean): string[] {
  if (!changed) return [`The account ${user.id} is not suspended.`];
  return [`Reinstated the account ${user.id}; it can sign in again.`];
}

function describe(user: User, sessions: number): string[] {
  const proven = (at: Date | null) => (at ? 'verified' : 'not verified');
  const byApp = user.authenticator ? 'by an authenticator app' : 'by a code';
  return [
    `id             ${user.id}`,
    `e-mail         ${user.email} (${proven(user.emailVerifiedAt)})`,
    `phone          ${user.phone ? `${masked(user.phone)} (${proven(user.phoneVerifiedAt)})` : 'none'}`,
    `second factor  ${user.twoFactorEnabled ? byApp : 'off'}`,
    `created        ${user.createdAt.toISOString()}`,
    `suspended      ${user.suspendedAt ? `since ${user.suspendedAt.toISOString()}` : 'no'}`,
    `sessions       ${sessions}`,
  ];
}

/** A terminal is read over shoulders and kept in records: the end of the number is enough to recognise it. */
function masked(phone: string): string {
  return `${phone.slice(0, 2)}…${phone.slice(-2)}`;
}

function say({ stdout }: UserProcess, lines: readonly string[]): number {
  for (const line of lines) stdout.write(`${line}\n`);
  return 0;
}

/** One line, and nothing of what a driver says. */
function explain(error: unknown): string {
  if (error instanceof Mistake || error instanceof ConfigError || error instanceof AppError) return error.message;
  const { name, message } = error as Error;
  return name === 'Error' ? message : `failed (${name})`;
}
