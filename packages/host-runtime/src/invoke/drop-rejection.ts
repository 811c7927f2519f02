/**
 * For what has to answer at once and gives a promise instead: nobody waits for it, and its rejection ends no process.
 */
export function dropRejection(answer: unknown): void {
  if (answer instanceof Promise) answer.catch(() => undefined);
}
