import 'reflect-metadata';
import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ID, Int, ObjectType } from 'type-graphql';

@ObjectType('Session', { description: 'A device that is signed in to the account.' })
export class SessionType {
  @Field(() => ID, { description: 'Names the session; `revokeSession` takes it.' })
  id!: string;

  @Field(() => Boolean, { description: 'True for the session that asks.' })
  current!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'What the client called itself when it last got tokens, at most 256 characters. Untrusted text.',
  })
  userAgent?: string | null;

  @Field(() => String, {
    description: 'Where the client last got tokens from, without the part that names a household.',
  })
  ip!: string;

  @Field(() => GraphQLDateTime, { description: 'When the user signed in.' })
  createdAt!: Date;

  @Field(() => GraphQLDateTime, { description: 'When the client last got tokens.' })
  lastUsedAt!: Date;

  @Field(() => GraphQLDateTime, {
    description: 'When the session ends unless it is refreshed; at `endsAt` at the latest.',
  })
  expiresAt!: Date;

  @Field(() => GraphQLDateTime, {
    description: 'When the session ends whatever happens: the user signs in again then.',
  })
  endsAt!: Date;

  @Field(() => [String], {
    description: 'How the user proved who they are (RFC 8176), for example "pwd", "sms" or "otp".',
  })
  amr!: readonly string[];
}

@ObjectType({ description: 'The session has ended.' })
export class LogoutPayload {
  @Field(() => String, { description: '"Logged out".' })
  message!: string;
}

@ObjectType({ description: 'Sessions were ended.' })
export class RevokeSessionPayload {
  @Field(() => String, { description: 'For people: "1 session revoked".' })
  message!: string;

  @Field(() => Int, { description: 'How many living sessions of the account were ended.' })
  sessionsRevoked!: number;
}
