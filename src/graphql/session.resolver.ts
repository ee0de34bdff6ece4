import 'reflect-metadata';
import { Arg, Ctx, Directive, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { KnownClients } from '../otp/known-clients.ts';
import type { Session } from '../session/ports.ts';
import type { Refreshing } from '../session/refreshing.ts';
import type { SessionService } from '../session/session-service.ts';
import { toUserType } from './account.resolver.ts';
import { AuthPayload } from './account.types.ts';
import type { RequestContext } from './context.ts';
import { LogoutPayload, RevokeSessionPayload, SessionType } from './session.types.ts';

interface Parts {
  readonly sessions: SessionService;
  readonly refreshing: Refreshing;
  readonly clients: KnownClients;
}

@Resolver()
export class SessionResolver {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  @Directive('@rateLimit(max: 60, window: "10m", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 20, window: "10m", by: ARGUMENTS, identityArgs: ["refreshToken"], counts: CALLS)')
  @Mutation(() => AuthPayload, {
    description:
      'Takes a refresh token and gives the next tokens; needs no access token. A refresh token works once. Used again within 10 s by the same client it gives the same next refresh token; used later, or by another client, it ends the session, and the owner is told.',
  })
  async refreshSession(
    @Arg('refreshToken', () => String, { description: 'The one that came with the last access token.' })
    refreshToken: string,
    @Ctx() context: RequestContext,
  ): Promise<AuthPayload> {
    await context.admit();
    const { user, tokens } = await this.#parts.refreshing.refresh(refreshToken, context.client);
    const deviceToken = context.deviceToken ?? tokens.deviceToken;
    return { message: 'Session refreshed', ...tokens, deviceToken, user: toUserType(user) };
  }

  @Query(() => [SessionType], {
    description: 'The living sessions of the signed-in account, the last used first, at most 100.',
  })
  async sessions(@Ctx() context: RequestContext): Promise<SessionType[]> {
    const { user, session } = await context.requireViewer();
    const all = await this.#parts.sessions.list(user.id);
    return all.map((one) => toSessionType(one, session.id));
  }

  // Not limited, and `revokeAllSessions` neither: each call ends the session that asks, so it costs a sign-in, and those
  // who must get everybody out of their account must not be refused.
  @Mutation(() => LogoutPayload, {
    description: 'Ends the session that asks. Its tokens are refused from the next request on.',
  })
  async logout(@Ctx() context: RequestContext): Promise<LogoutPayload> {
    const { user, session } = await context.requireViewer();
    await this.#parts.sessions.end(user.id, session.id);
    return { message: 'Logged out' };
  }

  @Directive('@rateLimit(max: 60, window: "10m", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 20, window: "10m", by: USER)')
  @Mutation(() => RevokeSessionPayload, {
    description: 'Ends one session of the signed-in account. For any other id it answers that none was ended.',
  })
  async revokeSession(
    @Arg('id', () => ID, { description: 'Which one, as `sessions` names it.' }) id: string,
    @Ctx() context: RequestContext,
  ): Promise<RevokeSessionPayload> {
    const { user } = await context.requireViewer();
    const revoked = await this.#parts.sessions.end(user.id, id);
    return revokedPayload(revoked ? 1 : 0);
  }

  @Mutation(() => RevokeSessionPayload, {
    description:
      'Ends every session of the signed-in account, also the one that asks, and sign-ins that wait for their second factor.',
  })
  async revokeAllSessions(@Ctx() context: RequestContext): Promise<RevokeSessionPayload> {
    const { user } = await context.requireViewer();
    const revoked = await this.#parts.sessions.endEverything(user.id);
    this.#parts.clients.contained(user, await context.requester());
    return revokedPayload(revoked);
  }
}

function revokedPayload(count: number): RevokeSessionPayload {
  return { message: `${count} ${count === 1 ? 'session' : 'sessions'} revoked`, sessionsRevoked: count };
}

function toSessionType(session: Session, currentId: string): SessionType {
  const { id, userAgent, maskedIp, createdAt, lastUsedAt, expiresAt, endsAt, amr } = session;
  return { id, current: id === currentId, userAgent, ip: maskedIp, createdAt, lastUsedAt, expiresAt, endsAt, amr };
}
