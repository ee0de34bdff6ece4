import 'reflect-metadata';
import { GraphQLDateTime } from 'graphql-scalars';
import { createUnionType, Field, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { AuthPayload } from './account.types.ts';
import { OtpChannel } from './enums.ts';

@InputType({ description: 'An e-mail address and a password.' })
export class LoginInput {
  @Field(() => String, { description: "The account's e-mail address." })
  email!: string;

  @Field(() => String, { description: "The account's password." })
  password!: string;
}

@InputType({
  description: 'Either a destination and what proves it, or the ticket of a sign-in and the code of its second factor.',
})
export class LoginWithOtpInput {
  @Field(() => String, { nullable: true, description: 'Where the LOGIN code went. Give this or `loginTicket`.' })
  to?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The code. With a login ticket: the code that was sent, the code of the authenticator app, or one of the recovery codes.',
  })
  otpCode?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What `verifyOtp` answered for the LOGIN code, in its place. Not with a login ticket.',
  })
  verificationToken?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The account's password beside the code, in place of a second step where a phone alone does not sign in. Not with a login ticket.",
  })
  password?: string | null;

  @Field(() => String, { nullable: true, description: 'What `SecondFactorRequired` answered. Give this or `to`.' })
  loginTicket?: string | null;
}

export const SecondFactorMethod = { CODE: 'CODE', AUTHENTICATOR: 'AUTHENTICATOR' } as const;
registerEnumType(SecondFactorMethod, {
  name: 'SecondFactorMethod',
  description: 'What completes a sign-in. A recovery code does in place of either.',
  valuesConfig: {
    CODE: { description: 'A code that is sent to `to`.' },
    AUTHENTICATOR: { description: 'The code that the authenticator app shows. Nothing is sent.' },
  },
});

@ObjectType({
  description:
    'The first step was right, and it is not enough: the account has a second factor, or its phone was not confirmed for long. No session is open yet.',
})
export class SecondFactorRequired {
  @Field(() => String, { description: 'For people: what to do now.' })
  message!: string;

  @Field(() => String, { description: 'Opaque, secret and good once, for `loginWithOtp`. It gives access to nothing.' })
  loginTicket!: string;

  @Field(() => SecondFactorMethod, { description: 'What completes the sign-in.' })
  method!: keyof typeof SecondFactorMethod;

  @Field(() => OtpChannel, {
    description: 'How the code travels: never the channel of the first step. With AUTHENTICATOR nothing travels.',
  })
  channel!: keyof typeof OtpChannel;

  @Field(() => String, { description: 'Where the code went, masked.' })
  to!: string;

  @Field(() => GraphQLDateTime, { description: 'When the ticket expires: then sign in anew.' })
  expiresAt!: Date;

  @Field(() => GraphQLDateTime, { description: 'When `resendSecondFactor` can send the code again.' })
  resendAfter!: Date;
}

export const LoginResult = createUnionType({
  name: 'LoginResult',
  description: 'A session, or the second step that is still missing.',
  types: () => [AuthPayload, SecondFactorRequired] as const,
  resolveType: (value) => ('loginTicket' in value ? SecondFactorRequired : AuthPayload),
});
