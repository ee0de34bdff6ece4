import { MemoryChallengeStore } from '../support/memory-challenge-store.ts';
import { challengeStoreContract } from './challenge-store.contract.ts';
import { memoryStore } from './stores.ts';

challengeStoreContract(MemoryChallengeStore.name, memoryStore);
