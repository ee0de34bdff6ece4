import 'reflect-metadata';
import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ID, InputType, ObjectType } from 'type-graphql';

@InputType({ description: 'A payment. Its canonical form is what a code and a receipt are bound to.' })
export class TransactionInput {
  @Field(() => ID, { description: "The payment backend's own name for it, at most 128 characters." })
  reference!: string;

  @Field(() => String, {
    description:
      'A decimal number above zero in plain digits, for example "10.50"; no more decimal digits than the currency has, at most 15 before the point.',
  })
  amount!: string;

  @Field(() => String, { description: 'ISO 4217 in capitals, for example "EUR".' })
  currency!: string;

  @Field(() => String, { description: 'Who is paid, as the message names them: at most 140 characters in one line.' })
  payee!: string;
}

@InputType({ description: 'A payment and the code that was sent for it.' })
export class ConfirmTransactionWithOtpInput {
  @Field(() => TransactionInput, { description: 'The payment again, exactly as `sendOtp` was given it.' })
  transaction!: TransactionInput;

  @Field(() => ID, { description: '`challengeId` of `sendOtp`.' })
  challengeId!: string;

  @Field(() => String, { description: 'The code as typed: digits; spaces and hyphens are ignored.' })
  otpCode!: string;
}

@ObjectType({ description: 'A payment that its user has confirmed.' })
export class TransactionReceipt {
  @Field(() => ID, { description: 'Names this receipt; the `jti` of its token.' })
  id!: string;

  @Field(() => ID, { description: "The payment backend's own name for the payment." })
  reference!: string;

  @Field(() => String, { description: 'SHA-256 over the canonical form of the payment, base64url.' })
  hash!: string;

  @Field(() => GraphQLDateTime, { description: 'When the code was given.' })
  confirmedAt!: Date;

  @Field(() => String, {
    description: 'A signed JWT (type transaction-receipt+jwt, 10 minutes) that a payment backend checks by itself.',
  })
  token!: string;
}
