import { describe, test } from 'vitest';
import { BACKENDS, openBackend } from './backends.ts';
import { effectModel } from './effect-model.ts';
import { gateModel } from './gate-model.ts';
import { leaseModel } from './lease-model.ts';
import { logModel } from './log-model.ts';
import { followsModel, followsModelInRaces, MODEL_TIMEOUT_MS, type StoreModel } from './store-model.ts';
import { subscriptionModel } from './subscription-model.ts';

describe.each(BACKENDS)('On $name', (backend) => {
  const follows = <State extends object, Op extends object>(model: StoreModel<State, Op>): void => {
    test(`${model.name} do what the model does`, { timeout: MODEL_TIMEOUT_MS }, async () => {
      await followsModel(model, await openBackend(backend, model.machines));
    });

    test(
      `${model.name} that are used at once do what the model does in some order`,
      { timeout: MODEL_TIMEOUT_MS },
      async () => {
        await followsModelInRaces(model, await openBackend(backend, model.machines));
      },
    );
  };
  follows(logModel);
  follows(leaseModel);
  follows(effectModel);
  follows(gateModel);
  follows(subscriptionModel);
});
