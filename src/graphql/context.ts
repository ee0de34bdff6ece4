import type { User } from '../users/user.ts';
import { AppError } from '../errors.ts';
import type { Client, Session } from '../session/ports.ts';
import type { Requester } from '../otp/requester.ts';

/** The living session of a request and its user. */
export interface Viewer {
  readonly session: Session;
  readonly user: User;
}

/** What resolvers know of the request around them. */
export class RequestContext {
  readonly requestId: string;
  readonly client: Client;
  /** What the client sends to be known again; null where it sent nothing of the kind. */
  readonly deviceToken: string | null;
  // Not #private: Apollo copies the context for each operation, and private names do not survive a copy.
  private readonly authorization: string | undefined;
  private readonly findSession: (accessToken: string) => Promise<Viewer | null>;
  /** One for all copies: the session is read once. */
  private readonly session: { reading?: Promise<Viewer | null> } = {};
  private readonly admission: (() => Promise<void>) | undefined;

  constructor(request: {
    requestId: string;
    client: Client;
    deviceToken: string | null;
    authorization: string | undefined;
    findSession: (accessToken: string) => Promise<Viewer | null>;
  }) {
    this.requestId = request.requestId;
    this.client = request.client;
    this.deviceToken = request.deviceToken;
    this.authorization = request.authorization;
    this.findSession = request.findSession;
  }

  /** The request's session, read once; null without an access token, or with one that is not valid or no longer lives. */
  viewer(): Promise<Viewer | null> {
    this.session.reading ??= this.readViewer();
    return this.session.reading;
  }

  /**
   * Counts the call in the limits of its field. A field with a limit by ARGUMENTS asks once its input is parsed and its
   * session is there, and before it does anything else: who is refused for these must not use up what others share.
   * @throws AppError RATE_LIMITED, SERVICE_UNAVAILABLE
   */
  async admit(): Promise<void> {
    await this.admission?.();
  }

  /** The same context for one call of a field. @param admission what `admit` does in it */
  forCall(admission: () => Promise<void>): RequestContext {
    return Object.assign(Object.create(RequestContext.prototype) as RequestContext, this, { admission });
  }

  /**
   * The same for fields that answer null to anonymous clients: a token that is there must be good.
   * @throws AppError UNAUTHENTICATED
   */
  async viewerIfSignedIn(): Promise<Viewer | null> {
    const viewer = await this.viewer();
    if (!viewer && this.authorization !== undefined) throw new AppError('UNAUTHENTICATED');
    return viewer;
  }

  /**
   * The same for fields that need a session.
   * @throws AppError UNAUTHENTICATED
   */
  async requireViewer(): Promise<Viewer> {
    const viewer = await this.viewer();
    if (!viewer) throw new AppError('UNAUTHENTICATED');
    return viewer;
  }

  /** Whose attempts and sends are counted together. */
  async requester(): Promise<Requester> {
    const viewer = await this.viewer();
    return { userId: viewer?.user.id ?? null, ip: this.client.ip, deviceToken: this.deviceToken };
  }

  private async readViewer(): Promise<Viewer | null> {
    const [, token] = /^Bearer ([\w.~+/-]+=*)$/i.exec(this.authorization ?? '') ?? [];
    return token ? this.findSession(token) : null;
  }
}
