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
  private reading: Promise<Viewer | null> | undefined;

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
    this.reading ??= this.readViewer();
    return this.reading;
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
