import 'reflect-metadata';
import { Arg, Ctx, Directive, Mutation, Resolver } from 'type-graphql';
import { CODE_LENGTH } from '../otp/challenge.ts';
import { parseCode } from '../otp/destination.ts';
import type { TransactionService } from '../transaction/transaction-service.ts';
import { parseTransaction } from '../transaction/transaction.ts';
import type { RequestContext } from './context.ts';
import { ConfirmTransactionWithOtpInput, TransactionReceipt } from './transaction.types.ts';

interface Parts {
  readonly payments: TransactionService;
}

@Resolver()
export class TransactionResolver {
  readonly #payments: TransactionService;

  constructor({ payments }: Parts) {
    this.#payments = payments;
  }

  @Directive('@rateLimit(max: 60, window: "10m", by: CLIENT_IP)')
  @Directive('@rateLimit(max: 20, window: "10m", by: USER)')
  @Mutation(() => TransactionReceipt, {
    description:
      'Confirms a payment by the code that was sent for it, and answers a receipt. Needs a session. When anything of the payment differs: TRANSACTION_MISMATCH, and the code still works.',
  })
  async confirmTransactionWithOtp(
    @Arg('input', () => ConfirmTransactionWithOtpInput) input: ConfirmTransactionWithOtpInput,
    @Ctx() context: RequestContext,
  ): Promise<TransactionReceipt> {
    const { user, session } = await context.requireViewer();
    const order = parseTransaction(input.transaction, 'transaction');
    const code = parseCode(input.otpCode, 'otpCode', CODE_LENGTH);
    const requester = await context.requester();
    const { challengeId } = input;
    return this.#payments.confirm({ user, session, order, challengeId, code, requester });
  }
}
