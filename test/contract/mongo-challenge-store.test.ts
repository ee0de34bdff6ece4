import { MongoChallengeStore } from '../../src/mongo/challenge-store.ts';
import { challengeStoreContract } from './challenge-store.contract.ts';
import { mongoStore } from './stores.ts';

challengeStoreContract(MongoChallengeStore.name, mongoStore);
