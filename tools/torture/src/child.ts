// What the other processes of the harness run: one task, named on the command line. Each loads what its task needs and no
// more, since most of them live shorter than that takes.
import { taskSchema } from './child/task.ts';

const task = taskSchema.parse(JSON.parse(process.argv[2] ?? 'null'));
switch (task.kind) {
  case 'workload': {
    const { runWorkload } = await import('./child/run-workload.ts');
    await runWorkload(task);
    break;
  }
  case 'rival': {
    const { holdLocks } = await import('./child/hold-locks.ts');
    await holdLocks();
    break;
  }
  case 'postgres': {
    const { appendToPostgres } = await import('./child/append-to-postgres.ts');
    await appendToPostgres(task);
    break;
  }
}
