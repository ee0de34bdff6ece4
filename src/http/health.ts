import type { FastifyInstance } from 'fastify';

interface Readiness {
  /** Throws when the database does not answer. */
  readonly pingDatabase: () => Promise<void>;
  /** False while the machine's clock is too far from the database's. */
  readonly isOnTime: () => boolean;
}

/** `/healthz`: the process runs. `/readyz`: it can serve, since the database answers, and the clocks are not far apart. */
export function addHealthRoutes(app: FastifyInstance, { pingDatabase, isOnTime }: Readiness): void {
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    try {
      await pingDatabase();
    } catch {
      return reply.code(503).header('retry-after', '2').send({ status: 'unavailable', database: 'unreachable' });
    }
    if (isOnTime()) return { status: 'ready' };
    return reply.code(503).header('retry-after', '60').send({ status: 'unavailable', clock: 'far from the database' });
  });
}
