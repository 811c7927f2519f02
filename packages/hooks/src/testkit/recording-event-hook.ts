/** An event hook that writes down what it is given, and then does what the test says. */
import type { RuntimeEvent, RuntimeEventKind } from '@reborn/events';
import type { EventBody, EventDelivery, EventHookSpec } from '../registry/hook-spec.ts';

export interface RecordedDelivery extends Omit<EventDelivery, 'note' | 'signal'> {
  readonly event: RuntimeEvent;
}

export interface RecordingEventHook {
  readonly hook: EventHookSpec;
  /** Order: as delivered. A failed delivery stands here too. */
  readonly deliveries: readonly RecordedDelivery[];
}

/** Records first, then calls `then`; what that throws is a failed delivery. */
export function recordingEventHook(
  kinds: readonly RuntimeEventKind[],
  then: EventBody = () => undefined,
): RecordingEventHook {
  const deliveries: RecordedDelivery[] = [];
  const body: EventBody = (event, delivery) => {
    const { attempt, isReplay } = delivery;
    deliveries.push({ event, attempt, isReplay });
    return then(event, delivery);
  };
  return { hook: { point: 'event_triggered', id: 'recorder', version: 1, kinds, body }, deliveries };
}
