import type { Changer } from '../account/changes/changes.ts';
import type { RequestContext } from './context.ts';

/** Who changes an account: only somebody who is signed in. @throws AppError UNAUTHENTICATED */
export async function changerOf(context: RequestContext): Promise<Changer> {
  const { user, session } = await context.requireViewer();
  return { user, session, requester: await context.requester() };
}
