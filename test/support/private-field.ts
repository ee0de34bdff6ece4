import { Session, type Runtime } from 'node:inspector/promises';
import { randomUUID } from 'node:crypto';

interface PrivateProperty {
  readonly name: string;
  readonly value?: Runtime.RemoteObject;
}

/**
 * What a debugger shows of a private field, such as `Map(3)`: by it a test sees that nothing is left behind, which
 * otherwise only a heap that grows for days would show.
 */
export async function privateField(owner: object, name: `#${string}`): Promise<string> {
  const handle = `privateField ${randomUUID()}`;
  const session = new Session();
  session.connect();
  try {
    Reflect.set(globalThis, handle, owner);
    const objectId = await objectIdOf(session, `globalThis[${JSON.stringify(handle)}]`);
    const answer = await session.post('Runtime.getProperties', { objectId, ownProperties: true });
    // Where it is missing, the types of Node do not know it yet.
    const { privateProperties = [] } = answer as { privateProperties?: PrivateProperty[] };
    const description = privateProperties.find((property) => property.name === name)?.value?.description;
    if (description === undefined) throw new Error(`there is no private field ${name}`);
    return description;
  } finally {
    Reflect.deleteProperty(globalThis, handle);
    session.disconnect();
  }
}

/** Tests run in a context of their own, each with its own `globalThis`. */
async function objectIdOf(session: Session, expression: string): Promise<string> {
  const contexts: number[] = [];
  session.on('Runtime.executionContextCreated', ({ params }) => void contexts.push(params.context.id));
  await session.post('Runtime.enable');
  for (const contextId of contexts) {
    const { result }: Runtime.EvaluateReturnType = await session.post('Runtime.evaluate', { expression, contextId });
    if (result.objectId) return result.objectId;
  }
  throw new Error('the debugger does not see the object');
}
